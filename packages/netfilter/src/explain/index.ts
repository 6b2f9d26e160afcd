export { type Entry, entryOf } from './entry-interface.ts'
export { explain } from './explain.ts'
export type { ExplainOptions } from './explain-options.ts'
export { printStory, type StoryStyle } from './print-story.ts'
export type {
  Story,
  StoryDoubt,
  StoryEffect,
  StoryEnding,
  StoryLater,
  StoryRule,
  StoryStep,
} from './story.ts'
