import { backends, type Node } from './site-node.ts'

/** The state directory of a host of the cluster. */
export const state = '/var/lib/portolan'

/** Runs a command of a project with the backend of its host. */
export const runOn = ({ host, file }: Node, verb: string, ...words: readonly string[]) =>
  host.portolan(verb, '-f', file, '--backend', backends[host.machine.name as keyof typeof backends], ...words)

/** Loses the state directory, as after a new disk. The kernel keeps its state. */
export const loseState = ({ host }: Node): Promise<string> =>
  host.machine.mustRun(['sh', '-c', `mv ${state} ${state}.lost-$(ls -d ${state}* | wc -l)`])

/** Empties the chains as another program's script does. The chains themselves stay. */
export const flushCommands = (variant: 'nft' | 'legacy'): string =>
  ['iptables', 'ip6tables']
    .flatMap((one) => ['nat', 'mangle', 'filter'].map((table) => `${one}-${variant} -t ${table} -F`))
    .join(' && ')
