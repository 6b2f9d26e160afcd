import { oneWay, type Wording } from '@portolan/netfilter'
import { ownersTerms } from '../remedy/owners-terms.ts'
import type { Finding } from '../search/finding/finding.ts'
import type { ClosedBecause } from '../search/rows/row.ts'
import { cause, sentence } from './cause.ts'
import { familyText, otherPlace, receiver, senders } from './effect.ts'
import type { Words } from './rule-conflict.ts'

/**
 * Packets come in that the contract keeps out. A foreign rule changes what the managed drops match, or accepts the
 * packets in front of these drops in the same chain. An accept in another chain does not let them in (nft(8), OVERALL
 * EVALUATION).
 * @internal
 */
export const bypassed = (finding: Finding, wording: Wording): Words => {
  const [does, mayDo] = deeds(finding)
  return {
    message: `${effect(finding)} ${cause(finding, does, mayDo)}`,
    otherwise: changeRule,
    remedy: { text: isPass(finding) ? moveJump(wording) : notMeant(finding), commands: [] },
  }
}

const moveJump = ({ restore }: Wording): string =>
  `${oneWay(restore)} It moves Portolan's jump in front of that rule.`

const changeRule =
  'Change or delete that rule, unless these packets are meant to come in. Portolan deletes no foreign rule.'

const notMeant = ({ step }: Finding): string => {
  const terms = step === null ? null : ownersTerms(step)
  return terms === null ? changeRule : `Leave it, if these packets are meant to come in. ${terms}`
}

/** The effect for the user: which packets come in, and why they must not. */
const effect = (finding: Finding): string => {
  const { mapping, network, certainty, rows } = finding
  const [row] = rows
  const lets = certainty === 'certain' ? 'lets' : 'may let'
  const because = row?.expected.kind === 'closed' ? row.expected.because : 'unpublished'
  if (because === 'icc')
    return `Network ${network.name} ${lets} its containers reach each other${familyText(finding)}, though icc is off.`
  if (because === 'internal')
    return `Network ${network.name} ${lets} its containers reach ${receiver(finding)}, though it is internal.`
  const subject = mapping === null ? `network ${network.name}` : mapping.label
  return `${sentence(subject)} ${lets} in packets${familyText(finding)} from ${senders(finding)} ${which[because](mapping?.interface ?? '')}.`
}

const which: Readonly<Record<Exclude<ClosedBecause, 'icc' | 'internal'>, (boundTo: string) => string>> = {
  'allow-from': () => 'with a source that is not in allow_from',
  address: () => 'for an address that it is not bound to',
  interface: (boundTo) => `though it is bound to ${boundTo}`,
  loopback: () => 'with a loopback address',
  forged: () => "with a forged source, an address of this project's networks",
  unpublished: () => 'for ports that are not published',
}

/** Whether the step is an accept, or something else that ends the chain in front of the managed jump. */
const isPass = ({ step }: Finding): boolean =>
  step !== null && ['accept', 'return', 'jump', 'goto'].includes(step.deed.kind)

/** What the rule does: first the certain form, then the possible one. */
const deeds = (finding: Finding): readonly [string, string] => {
  if (isPass(finding))
    return [
      "accepts the packets in front of Portolan's drops",
      "may accept the packets in front of Portolan's drops",
    ]
  const deed = finding.step?.deed
  if (deed?.kind === 'translate' && deed.type === 'dnat') {
    const to = `the packets to ${otherPlace(finding)}`
    return [`translates ${to}`, `may translate ${to}`]
  }
  return [
    "changes the packets before Portolan's drops see them",
    "may change the packets before Portolan's drops see them",
  ]
}
