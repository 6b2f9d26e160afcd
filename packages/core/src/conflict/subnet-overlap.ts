import { afterOptions, allOrNone, shellCommand } from '@portolan/netfilter/advice'
import { aboutNetwork, type Conflict, culpritOutsideRules } from './conflict.ts'

/** What a subnet collides with. */
interface Overlapped {
  readonly overlaps: string
  readonly kind: string
  readonly detail: string
  readonly owner: string | null
}

/** Another engine's network that is not up, or a cloud's resolver on a host that may be in no cloud. */
const guesses: readonly string[] = ['network', 'resolver']

/** Packets for the overlap go one way only, for certain. */
const isSure = ({ kind }: Overlapped): boolean => !guesses.includes(kind)

/**
 * A subnet that was asked for by name, or that a network already holds, overlaps something on the host. Packets
 * for the overlap go one way only, so one of the two is dead. What is held can be renumbered; what the file names
 * has to be changed there. Everything that the subnet overlaps is told in one conflict.
 * @internal
 */
export const subnetOverlap = (
  network: string,
  subnet: string,
  overlapped: readonly Overlapped[],
  held = false,
): Conflict => {
  const sure = overlapped.filter(isSure)
  const [cause] = sure.length > 0 ? sure : overlapped
  const ordered = [...sure, ...overlapped.filter((one) => !isSure(one))]
  const found = ordered.map(({ overlaps, detail }) => `${overlaps}: ${detail}`).join('; and ')
  const allow = [...new Set(ordered.map(({ overlaps }) => `--allow ${overlaps}`))].join(' ')
  const followers =
    sure.length === 0
      ? ''
      : ` Until that is settled, conflicts of network ${network} with rules are not looked for.`
  return {
    kind: 'SubnetOverlap',
    severity: sure.length === 0 ? 'warning' : 'error',
    certainty: 'certain',
    ...aboutNetwork(network),
    message: `The subnet ${subnet} of network ${network} overlaps ${found}. Packets for the overlap can only go one way.${followers}`,
    witness: null,
    culprit: cause === undefined ? null : culpritOutsideRules(cause.kind, cause.detail, cause.owner),
    remedy: held
      ? {
          text: `Move the network: \`portolan move\` shows a plan that gives it a free subnet and its endpoints new addresses. Or take the range out of what is avoided with ${allow} if the overlap is meant. A network never moves by itself.`,
          commands: allOrNone([shellCommand(['portolan', 'move', ...afterOptions(network)])]),
        }
      : {
          text: `Leave the subnet out to have a free one picked, choose another, or take the range out of what is avoided with ${allow} if the overlap is meant.`,
          commands: ['portolan subnet'],
        },
    trace: [],
  }
}
