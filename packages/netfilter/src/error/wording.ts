/**
 * The phrases by which messages tell a user what to change, in the words of the program that the user calls: an option,
 * a key of a configuration, a command. `{}` stands for the value. Null: that program has no way to do it, so no message
 * offers one.
 * @example
 * const ofAnEngine: Wording = {
 *   ...commandWording,
 *   pool: '"pool": "{}"',
 *   bridge: 'with the key "bridge"',
 *   detach: 'delete the container of {} first',
 *   apply: null,
 * }
 * ofAnEngine.pool.replace('{}', 'docker') // '"pool": "docker"'
 * @public @since 0.1.0
 */
export interface Wording {
  /** Names another pool. */
  readonly pool: string
  /** Allows a range that Portolan avoids otherwise. */
  readonly allow: string
  /** Gives a bridge another name, or avoids the need for one. Follows the words `Choose another name`. */
  readonly bridge: string
  /** Removes a network, so that it can be made again with another subnet. */
  readonly removeNetwork: string
  /** Makes an existing network again, so that it gets another subnet: one or more sentences. */
  readonly remakeNetwork: string
  /** Publishes a port in spite of what is on the host. Follows the words `To publish it all the same,`. */
  readonly force: string
  /** Publishes a port at an address that the host does not have. */
  readonly absentAddress: string | null
  /** Keeps state in another directory. */
  readonly elsewhere: string | null
  /** Chooses another backend, where this one cannot be used. */
  readonly backend: string | null
  /** Gives an endpoint another MAC. */
  readonly mac: string | null
  /** Gives a default route another metric, or none. */
  readonly metric: string | null
  /** Gives the interface inside the container another name. */
  readonly interface: string | null
  /** Names the endpoint's interface inside the container, where it is not the usual one. */
  readonly namesInterface: string | null
  /** Takes the endpoint `{}` off its network. `{options}` stands for further options of `portolan detach`. */
  readonly detach: string
  /** Plans a project again and applies the plan. The phrase stands for a point in time. */
  readonly apply: string | null
  /** Makes Portolan restore its rules. */
  readonly restore: string
  /** Looks for conflicts again. */
  readonly again: string
  /** Lets a sysctl be set. */
  readonly sysctl: string
  /** Goes on in spite of a sysctl with a wrong value. */
  readonly goOn: string | null
  /** Gives the existing network `{}` another subnet: a command line. */
  readonly move: string | null
  /** Gives the network `{}` of project `{project}` another subnet. Follows `Give the network another subnet:`. */
  readonly moveOther: string | null
  /** Shows free subnets: a command line. */
  readonly subnets: string | null
}

/**
 * The phrases of the command. `written` completes their command lines, so that these are about the same project and
 * state as the message.
 *
 * @param written - completes a command line with the options that the user gave
 * @example
 * commandWordingAs((command) => `${command} -f shop.yaml`).again // 'run "portolan conflicts -f shop.yaml" again'
 * @public @since 0.1.0
 */
export const commandWordingAs = (written: (command: string) => string): Wording => ({
  pool: '--pool {}',
  allow: '--allow {}',
  bridge: 'with com.docker.network.bridge.name, or declare the network external to use the bridge as it is',
  removeNetwork: 'remove the network first',
  remakeNetwork:
    'End what is on the network, remove it, and make it again: with removeNetwork and ensureNetwork of the live host, "docker network rm" and "docker network create", or "podman network rm" and "podman network create". The CNI plugin makes one without containers again with the next ADD.',
  force: 'ask with "force"',
  absentAddress: 'ask with "force" to publish it all the same',
  elsewhere: 'give another directory with --state',
  backend: 'choose another with --backend',
  mac: 'give the endpoint another one (mac, --mac)',
  metric: 'give another metric (metric, --metric), or none: then the network stands behind that route',
  interface: 'choose another name with interface (--interface)',
  namesInterface: 'name it with interface (--interface)',
  detach: 'detach it first (portolan detach {}{options})',
  apply: `"${written('portolan apply')}"`,
  restore: `run "${written('portolan apply')}"`,
  again: `run "${written('portolan conflicts')}" again`,
  sysctl: 'let the plan set it (without --no-sysctl, where /proc/sys can be written)',
  goOn: 'apply with --force',
  move: written('portolan move {}'),
  moveOther: `\`${written('portolan move -f FILE {}')}\` with the Compose file of project {project}, or \`${written('portolan move -p {project} {}')}\` where its text is under a key`,
  subnets: written('portolan subnet'),
})

/**
 * The phrases of the command and of the libraries.
 * @example
 * commandWording.allow.replace('{}', '10.0.0.0/8') // '--allow 10.0.0.0/8'
 * @public @since 0.1.0
 */
export const commandWording: Wording = commandWordingAs((command) => command)

/**
 * A sentence that offers alternatives, one of which is enough; empty where there is none.
 * @example
 * oneWay('make room on that disk', null, 'give another directory') // 'Make room on that disk, or give another directory.'
 * @public @since 0.1.0
 */
export const oneWay = (...ways: readonly (string | null)[]): string => {
  const open = ways.filter((way) => way !== null)
  return open.length === 0 ? '' : `${asSentence(open.join(', or '))}.`
}

/**
 * The phrase that tells how to take an endpoint off its network.
 * @param options - further options of the command
 * @example
 * detachWay(commandWording, 'web-1') // 'detach it first (portolan detach web-1)'
 * @public @since 0.1.0
 */
export const detachWay = ({ detach }: Wording, endpoint: string, options = ''): string =>
  detach.replace('{}', () => endpoint).replace('{options}', () => options)

const asSentence = (clause: string): string =>
  clause.startsWith('"') || clause.startsWith('-')
    ? clause
    : `${clause.slice(0, 1).toUpperCase()}${clause.slice(1)}`
