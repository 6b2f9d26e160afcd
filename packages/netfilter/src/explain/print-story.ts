import { checkArgument, objectValue } from '../schema/check-options.ts'
import { visibleData } from '../text/index.ts'
import type { Story, StoryEffect, StoryStep } from './story.ts'

/**
 * Functions that highlight parts of a story: by colours on a terminal, not at all elsewhere.
 * @public @since 0.1.0
 */
export interface StoryStyle {
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
}

const same = (text: string): string => text
const plain: StoryStyle = { red: same, green: same, yellow: same, bold: same, dim: same }

const storyValue = objectValue('what explain() gives', {
  ...{ beginning: 'text', there: 'objects', back: 'objects', ending: 'object', doubts: 'objects' },
})
const styleValue = objectValue('functions red, green, yellow, bold and dim', {
  ...{ red: 'function', green: 'function', yellow: 'function', bold: 'function', dim: 'function' },
})

/**
 * Prints a story as a text for people: its steps, its ending, then its doubts. Invisible characters in foreign names
 * are written out.
 *
 * @throws InvalidRequestError for an argument of another kind
 * @returns lines without a newline at the end
 * @example
 * printStory(explain(packet, outcome))
 * @public @since 0.1.0
 */
export const printStory = (story: Story, style: StoryStyle = plain): string => {
  checkArgument(story, storyValue, 'the story')
  checkArgument(style, styleValue, 'the style')
  const { beginning, there, back, later, ending, doubts } = visibleData(story)
  const width = Math.max(0, ...[...there, ...back, ...(later?.steps ?? [])].map(({ stage }) => stage.length))
  const steps = (list: readonly StoryStep[], indent: number): string[] =>
    list.flatMap((step) => printStep(step, indent, style))
  const silent = '  No rule changes or stops it.'
  const lines = [
    style.bold(beginning),
    '',
    ...(there.length === 0 ? [silent] : steps(there, width)),
    ...(back.length === 0 ? [] : ['', style.bold('The answer, on its way back:'), ...steps(back, width)]),
    ...(later === null ? [] : ['', style.bold(later.beginning), ...steps(later.steps, width)]),
    '',
    (ending.arrives ? style.green : style.red)(ending.sentence),
    ...doubts.flatMap(({ sentence, steps: list }) => ['', style.yellow(sentence), ...steps(list, width)]),
  ]
  return lines.join('\n')
}

const printStep = (
  { stage, sentence, effect, rule }: StoryStep,
  width: number,
  style: StoryStyle,
): readonly string[] => {
  const indent = ' '.repeat(width + 4)
  return [
    `  ${stage.padEnd(width)}  ${paint(effect, style)(sentence)}`,
    ...(rule === null ? [] : [style.dim(`${indent}${rule.place}:`), style.dim(`${indent}  ${rule.text}`)]),
  ]
}

const paint = (effect: StoryEffect, { red, yellow }: StoryStyle): ((text: string) => string) =>
  effect === 'stops' ? red : effect === 'passes' ? same : yellow
