import { interfaceNameFault } from '@portolan/core/planning'
import { CniError, cniCodes } from '../cni-error.ts'

/** The request of a runtime: its environment variables, checked against the specification. */
export interface CniRequest {
  readonly verb: Verb
  readonly containerId: string | null
  /** The path of the network namespace. */
  readonly netns: string | null
  /** The name of the interface inside the container. */
  readonly interface: string | null
  /** The values of CNI_ARGS: `IP`, `MAC` and others. */
  readonly args: ReadonlyMap<string, string>
}

export const verbs = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION'] as const
export type Verb = (typeof verbs)[number]

/** The variables that each verb requires. The namespace may be gone by the time of DEL. */
const needs: Readonly<Record<Verb, readonly string[]>> = {
  ADD: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'],
  CHECK: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'],
  DEL: ['CNI_CONTAINERID', 'CNI_IFNAME'],
  GC: [],
  STATUS: [],
  VERSION: [],
}

/**
 * Reads a request from the environment.
 * @throws CniError 4, naming the variable
 */
export const readRequest = (environment: NodeJS.ProcessEnv): CniRequest => {
  const { CNI_COMMAND: verb } = environment
  if (!isVerb(verb))
    throw invalid(
      `CNI_COMMAND is ${shown(verb)}: expected one of ${verbs.join(', ')}. A container runtime sets it and starts this program; to try it, see the guide "Use it as a CNI plugin".`,
    )
  for (const name of needs[verb])
    if ((environment[name] ?? '') === '') throw invalid(`${name} is missing: ${verb} needs it.`)
  const { CNI_CONTAINERID: id, CNI_NETNS: netns, CNI_IFNAME: name, CNI_ARGS: args } = environment
  if (id !== undefined && id !== '' && !/^[a-z\d][\w.-]*$/i.test(id))
    throw invalid(
      `CNI_CONTAINERID is ${shown(id)}: expected a letter or digit, and then letters, digits, "_", "." and "-".`,
    )
  // No ADD made such an interface, so DEL has nothing to remove.
  const fault = verb === 'DEL' || !name ? null : interfaceNameFault(name)
  if (fault !== null && needs[verb].includes('CNI_IFNAME'))
    throw invalid(`CNI_IFNAME is ${shown(name)}, which no interface can be called: ${fault}.`)
  return {
    verb,
    containerId: textOrNull(id),
    netns: textOrNull(netns),
    interface: textOrNull(name),
    args: readArgs(args),
  }
}

const textOrNull = (text: string | undefined): string | null =>
  text === undefined || text === '' ? null : text

const isVerb = (text: string | undefined): text is Verb => verbs.some((verb) => verb === text)

const invalid = (message: string): CniError => new CniError(cniCodes.invalidEnvironment, message)

const shown = (text: string | undefined): string => (text === undefined ? 'missing' : JSON.stringify(text))

/** The known arguments of CNI_ARGS. Kubernetes adds arguments that begin with `K8S_` and name the pod. */
const knownArgs = ['IP', 'MAC', 'IgnoreUnknown']

const readArgs = (text = ''): ReadonlyMap<string, string> => {
  const pairs = text
    .split(';')
    .filter((pair) => pair !== '')
    .map((pair): readonly [string, string] => {
      const at = pair.indexOf('=')
      if (at < 1) throw invalid(`CNI_ARGS has ${shown(pair)}: expected NAME=VALUE, with ";" between them.`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    })
  const args = new Map(pairs)
  const ignores = ['1', 'true'].includes((args.get('IgnoreUnknown') ?? '').toLowerCase())
  const unknown = pairs.find(([name]) => !(knownArgs.includes(name) || name.startsWith('K8S_')))
  if (unknown !== undefined && !ignores)
    throw invalid(
      `CNI_ARGS has ${shown(unknown[0])}, which this plugin does not know: expected IP or MAC, or IgnoreUnknown=1 beside it.`,
    )
  return args
}
