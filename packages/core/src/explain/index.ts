export { type Entry, entryOf } from './entry-interface.ts'
export { type ExplainOptions, explain } from './explain.ts'
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
