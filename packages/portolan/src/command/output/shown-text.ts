import { visibleText } from '@portolan/netfilter'

/** The colours that `styleFor` writes. Any other escape in a text is not ours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with the control character ESC
const colours = /(\u001b\[(?:0|1|2|31|32|33)m)/

/** Writes out the characters of a text that would act on a terminal, except our colours. */
export const shownText = (text: string): string =>
  text
    .split(colours)
    .map((part, index) => (index % 2 === 1 ? part : visibleText(part)))
    .join('')
