import type { DesiredMapping } from '@portolan/core'
import { findHostPortTaken } from '@portolan/core/planning'
import type { Listeners } from '@portolan/host'
import { type Family, PortolanError, type Protocol, type SocketFact } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'

/** Ports of one protocol and family, for one question to the kernel. */
interface Question {
  readonly protocol: Protocol
  readonly family: Family
  readonly ports: Set<number>
}

const questionsOf = (mappings: readonly DesiredMapping[]): readonly Question[] => {
  const questions: Question[] = []
  for (const mapping of mappings) questionOf(mapping, questions).ports.add(mapping.hostPort)
  return questions
}

const questionOf = ({ protocol, family }: DesiredMapping, questions: Question[]): Question => {
  // There are at most six questions, and mostly one, so a list is searched.
  for (const one of questions) if (one.protocol === protocol && one.family === family) return one
  const made = { protocol, family, ports: new Set<number>() }
  questions.push(made)
  return made
}

const socketsOn = (listeners: Listeners, questions: readonly Question[]): Promise<readonly SocketFact[]> => {
  const ask = ({ protocol, family, ports }: Question): Promise<readonly SocketFact[]> => {
    const [port] = ports
    return listeners.on(protocol, port !== undefined && ports.size === 1 ? port : ports, family)
  }
  const [only, ...more] = questions
  if (only !== undefined && more.length === 0) return ask(only)
  return Promise.all(questions.map(ask)).then((found) => found.flat())
}

const portRange = 'net.ipv4.ip_local_port_range'

/**
 * Refuses mappings that would take the clients of a process that listens on the host.
 * @throws PortolanError `HOST_PORT_TAKEN`
 * @internal
 */
export const refuseListeners = async (
  project: string,
  mappings: readonly DesiredMapping[],
  { listeners, sysctls }: Pick<LiveMachine, 'listeners' | 'sysctls'>,
): Promise<void> => {
  const sockets = await socketsOn(listeners, questionsOf(mappings))
  if (sockets.length === 0) return
  const range = sysctls.read(portRange)
  const facts = { sockets, ...(range === null ? {} : { sysctls: { [portRange]: range } }) }
  const taken = findHostPortTaken({ project, mappings }, facts).find(({ severity }) => severity === 'error')
  if (taken === undefined) return
  throw new PortolanError('HOST_PORT_TAKEN', {
    problem: taken.message,
    remedy: ({ force }) => `${taken.remedy.text} To publish it all the same, ${force}.`,
  })
}
