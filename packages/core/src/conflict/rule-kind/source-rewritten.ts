import type { Finding } from '../search/finding/finding.ts'
import { addressText } from '../search/rows/address-text.ts'
import { cause } from './cause.ts'
import { receiver, senders } from './effect.ts'
import type { Words } from './rule-conflict.ts'

/**
 * The container sees another source than the client's own. Logs and access lists inside it are then useless, and it
 * cannot answer a source that it does not reach through the host.
 * @internal
 */
export const sourceRewritten = (finding: Finding): Words =>
  isStrange(finding) ? strangeSource(finding) : changedSource(finding)

/** The words for a source that the host does not have. */
const strangeSource = (finding: Finding): Words => ({
  message: `${otherSource(finding)} ${cause(finding, 'translates the source', 'translates the source')}`,
  otherwise: 'Give that rule an address of this host, or exempt this network from it.',
})

const changedSource = (finding: Finding): Words => ({
  message: `${otherSource(finding)}${unanswered(finding)} ${cause(finding, 'translates the source', 'may translate the source')}`,
  otherwise: 'Exempt these packets from that rule.',
})

/**
 * The sentence about packets with another source than the contract promises. Replies to a source that the host does not
 * have come back only if another router leads them here.
 *
 * @internal
 */
export const otherSource = (finding: Finding): string => {
  const { certainty, network, share, rows, judgement } = finding
  const packets = share === 'some' ? 'Some packets' : 'Packets'
  if (!isStrange(finding))
    return `${packets} from ${senders(finding)} to ${receiver(finding)} ${certainty === 'certain' ? 'arrive' : 'may arrive'} with another source address than ${promised(finding)}.`
  const source = addressText(rows[0]?.family ?? 'ip', judgement.conclusion.reached.world.saddr)
  return `${packets} from network ${network.name} ${judgement.isUndetermined ? 'may leave' : 'leave'} with the source ${source}, which is no address of this host. No reply comes back unless the network around routes that address to this host.`
}

const isStrange = ({ rows: [row] }: Finding): boolean =>
  row?.expected.kind === 'outside' && row.expected.seenAs === 'host'

/** The source that the contract promises, in words. */
const promised = ({ rows }: Finding): string =>
  rows.every(({ expected }) => expected.kind === 'through' && expected.seenAs === 'gateway')
    ? "the gateway's"
    : "the client's own"

const unanswered = ({ judgement, rows: [row] }: Finding): string =>
  judgement.fault === 'stopped' && row !== undefined
    ? ` Replies to ${addressText(row.family, judgement.conclusion.reached.world.saddr)} are lost.`
    : ''
