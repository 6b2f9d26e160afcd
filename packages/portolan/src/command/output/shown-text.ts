import { visibleText } from '@portolan/netfilter'

/** The colours that `styleFor` writes; what else is in a text is not ours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins a colour
const colours = /(\u001b\[(?:0|1|2|31|32|33)m)/

/** A text with our colours, in which other characters that would act on a terminal are written out. */
export const shownText = (text: string): string =>
  text
    .split(colours)
    .map((part, index) => (index % 2 === 1 ? part : visibleText(part)))
    .join('')
