/**
 * The project of those Podman networks that Portolan's plugin serves.
 * @public @since 0.1.0
 */
export const podmanProject = 'podman'

/**
 * The name under which the plugin is installed, and so the driver's name (`podman network create --driver portolan`).
 */
export const podmanDriver = 'portolan'

/**
 * Whether a listening process only reserves a host port for a container of the project. Podman opens the ports of its
 * containers and conmon keeps them open, so that no other program takes them (`enable_port_reservation` of
 * containers.conf(5)). Such a process never answers a client.
 */
export const keepsPorts = (project: string, process: string | undefined): boolean =>
  project === podmanProject && (process === 'podman' || process === 'conmon')
