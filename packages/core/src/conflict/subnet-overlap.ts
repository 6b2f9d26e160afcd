import type { Conflict } from './conflict.ts'
import { culpritOutsideRules } from './conflict.ts'
import { afterOptions, allOrNone, shellCommand } from './remedy/shell-word.ts'

/** Another engine's network that is not up, or a cloud's resolver on a host that may be in no cloud. */
const guesses: readonly string[] = ['network', 'resolver']

/**
 * A subnet that was asked for by name, or that a network already holds, overlaps something on the host. Packets
 * for the overlap go one way only, so one of the two is dead. What is held can be renumbered; what the file names
 * has to be changed there.
 * @internal
 */
export const subnetOverlap = (
  network: string,
  subnet: string,
  other: { readonly prefix: string; readonly source: string; readonly detail: string },
  held = false,
): Conflict => ({
  kind: 'SubnetOverlap',
  severity: guesses.includes(other.source) ? 'warning' : 'error',
  certainty: 'certain',
  mapping: null,
  network,
  message: `The subnet ${subnet} of network ${network} overlaps ${other.prefix}: ${other.detail}. Packets for the overlap can only go one way.`,
  witness: null,
  culprit: culpritOutsideRules(other.source, other.detail),
  remedy: held
    ? {
        text: `Move the network: \`portolan move\` shows a plan that gives it a free subnet and its endpoints new addresses. Or take the range out of what is avoided with --allow ${other.prefix} if the overlap is meant. A network never moves by itself.`,
        commands: allOrNone([shellCommand(['portolan', 'move', ...afterOptions(network)])]),
      }
    : {
        text: `Leave the subnet out to have a free one picked, choose another, or take the range out of what is avoided with --allow ${other.prefix} if the overlap is meant.`,
        commands: ['portolan subnet'],
      },
  trace: [],
})
