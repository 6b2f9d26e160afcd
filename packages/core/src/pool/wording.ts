/**
 * What a user changes where a message asks for it, in the words of the program that the user calls: an option, a key of a
 * configuration, a command. `{}` stands for the value.
 * @example
 * const ofAnEngine: Wording = {
 *   pool: '"pool": "{}"',
 *   allow: 'allowed: [{}] in /etc/portolan/config.yaml',
 *   bridge: 'with the key "bridge"',
 *   removeNetwork: 'remove the network first (portolan destroy -p shop)',
 *   force: 'use "conflicts": "warn"',
 * }
 * ofAnEngine.pool.replace('{}', 'docker') // '"pool": "docker"'
 * @public @since 0.1.0
 */
export interface Wording {
  /** Names another pool. */
  readonly pool: string
  /** Takes a range out of what is avoided. */
  readonly allow: string
  /** Gives a bridge another name, or goes around it: it goes on behind `Choose another name`. */
  readonly bridge: string
  /** Removes a network that is to be another one. */
  readonly removeNetwork: string
  /** Publishes a port in spite of what is on the host: it goes on behind `To publish it all the same,`. */
  readonly force: string
}

/** The words of the command and of the libraries. */
export const commandWording: Wording = {
  pool: '--pool {}',
  allow: '--allow {}',
  bridge: 'with com.docker.network.bridge.name, or declare the network external to use the bridge as it is',
  removeNetwork: 'remove the network first',
  force: 'ask with "force"',
}
