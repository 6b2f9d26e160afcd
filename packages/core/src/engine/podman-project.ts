/**
 * The project that networks of Podman belong to, where the plugin of Portolan serves them.
 * @public @since 0.1.0
 */
export const podmanProject = 'podman'

/** The name that the plugin is installed under: Podman takes it for the driver (`podman network create --driver portolan`). */
export const podmanDriver = 'portolan'

/**
 * Whether a process that listens only keeps a host port for a container of the project: Podman opens the ports of its
 * containers, and conmon keeps them open, so that no other program takes them (`enable_port_reservation` of
 * containers.conf(5)). It never answers a client.
 */
export const keepsPorts = (project: string, process: string | undefined): boolean =>
  project === podmanProject && (process === 'podman' || process === 'conmon')
