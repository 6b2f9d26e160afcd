import type { Plan } from 'portolan'
import { isAboutPackets } from './agreement.ts'
import { type Answer, isLater } from './ask.ts'
import type { ClosedAnswer } from './closed-rows.ts'
import type { RandomHost } from './random-host.ts'
import { isUsualPort } from './source-ports.ts'

/** The number of tested hosts, and their kinds. */
export interface Tally {
  hosts: number
  mappings: number
  /** Mappings with a row that fails in the kernel. */
  failingMappings: number
  /** Mappings with a conflict of severity error or warning. */
  reportedMappings: number
  asked: number
  failed: number
  /** Flows that were answered, and of which a later packet was lost. */
  later: number
  again: number
  witnesses: number
  /** Flows that the contract keeps out. */
  closed: number
  /** Of these: flows of which packets got in. */
  opened: number
  /** Hosts with such a flow. */
  openedHosts: number
  /** Witnesses of `Bypassed` conflicts. */
  bypasses: number
  planMs: number
  /** Questions about mappings. The others are about networks. */
  ofMappings: number
  /** Questions from source ports that the kernel never chooses for a client. */
  fromOtherPorts: number
  /** Hosts with an incomplete search. */
  incomplete: number
  /** The number of rules of the host with the most rules. */
  mostRules: number
  readonly senders: Set<string>
  readonly receivers: Set<string>
  /** The number of conflicts by severity and kind. */
  readonly conflicts: Map<string, number>
  /** The number of failed rows by sender. */
  readonly failures: Map<string, number>
}

export const startTally = (): Tally => ({
  hosts: 0,
  mappings: 0,
  failingMappings: 0,
  reportedMappings: 0,
  asked: 0,
  failed: 0,
  later: 0,
  again: 0,
  witnesses: 0,
  closed: 0,
  opened: 0,
  openedHosts: 0,
  bypasses: 0,
  planMs: 0,
  ofMappings: 0,
  fromOtherPorts: 0,
  incomplete: 0,
  mostRules: 0,
  senders: new Set(),
  receivers: new Set(),
  conflicts: new Map(),
  failures: new Map(),
})

const add = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

export const count = (
  tally: Tally,
  { rules }: RandomHost,
  { conflicts, desired, incomplete }: Plan,
  answers: readonly Answer[],
): void => {
  tally.hosts += 1
  tally.asked += answers.length
  if (incomplete.length > 0) tally.incomplete += 1
  tally.mostRules = Math.max(tally.mostRules, countRules(rules))
  for (const { mapping, flow, sourcePort } of answers) {
    if (mapping !== null) tally.ofMappings += 1
    if (!isUsualPort(sourcePort)) tally.fromOtherPorts += 1
    tally.senders.add(flow.from.address ?? 'host')
    tally.receivers.add(flow.to.address)
  }
  const failing = answers.filter(({ failure }) => failure !== null)
  tally.failed += failing.length
  for (const one of failing) {
    add(tally.failures, one.asker)
    if (isLater(one)) tally.later += 1
  }
  for (const { label } of desired.mappings) {
    tally.mappings += 1
    if (failing.some(({ mapping }) => mapping === label)) tally.failingMappings += 1
    if (conflicts.some((one) => one.mapping === label && isAboutPackets(one))) tally.reportedMappings += 1
  }
  for (const { kind, severity, certainty } of conflicts)
    add(tally.conflicts, `${severity}${certainty === 'possible' ? ' possible' : ''} ${kind}`)
}

/** Roughly counts rules: the lines that end one. */
const countRules = (rules: RandomHost['rules']): number =>
  Object.values(rules)
    .flatMap((text) => text?.split('\n') ?? [])
    .filter((line) =>
      /^-A |\b(drop|accept|jump|goto|masquerade|dnat|redirect|notrack|return|set)\b/.test(line),
    ).length

export const countClosed = (tally: Tally, answers: readonly ClosedAnswer[]): void => {
  tally.closed += answers.length
  const opened = answers.filter(({ cameIn }) => cameIn).length
  tally.opened += opened
  if (opened > 0) tally.openedHosts += 1
}

const list = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([kind, times]) => `${times} ${kind}`)
    .join(', ')

export const summary = (title: string, tally: Tally): string =>
  [
    `${title} between the conflict finder and the kernel.`,
    `  ${tally.mappings} mappings, ${tally.failingMappings} with a row that failed, ${tally.reportedMappings} with conflicts.`,
    `  ${tally.asked} rows asked (${tally.ofMappings} of mappings, ${tally.asked - tally.ofMappings} of networks), from ${tally.senders.size} addresses, at ${tally.receivers.size}, ${tally.fromOtherPorts} from unusual ports;`,
    `  up to ${tally.mostRules} rules a host, ${tally.incomplete} hosts not searched whole;`,
    `  ${tally.failed} failed (by asker: ${list(tally.failures)}),`,
    `  ${tally.later} of these once they were answered; ${tally.again} asked again.`,
    `  ${tally.witnesses} witnesses sent, each failed. Conflicts: ${list(tally.conflicts)}.`,
    `  ${tally.closed} closed rows asked, ${tally.opened} came in, on ${tally.openedHosts} hosts; ${tally.bypasses} witnesses of that sent.`,
    `  ${(tally.planMs / Math.max(1, tally.hosts)).toFixed(1)} ms a plan.\n`,
  ].join('\n')
