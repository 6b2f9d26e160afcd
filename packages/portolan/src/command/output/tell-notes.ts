import { placeText } from '@portolan/netfilter'
import type { HeldPlan } from '../../watch/hold-planned-project.ts'
import type { Terminal } from './terminal.ts'

/**
 * Prints the parts of a text that cannot take effect, as a plan of it names them: once for each text, however often it
 * is read.
 */
export const tellNotes = (
  terminal: Pick<Terminal, 'say'>,
): ((held: Pick<HeldPlan, 'intent' | 'ofText'>) => void) => {
  let reported = ''
  return ({ intent, ofText }) => {
    const text = JSON.stringify(intent())
    if (text === reported) return
    reported = text
    for (const { text: note, place } of ofText)
      terminal.say(`portolan: ${place === null ? '' : `${placeText(place)}: `}${note}`)
  }
}
