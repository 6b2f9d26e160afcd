/**
 * What became of a packet, as sentences: where it entered, what changed or stopped it on its way there and back, and
 * where it ended.
 * @public @since 0.1.0
 */
export interface Story {
  readonly beginning: string
  readonly there: readonly StoryStep[]
  /** The steps of the answer; empty when there is none, or nothing acted on it. */
  readonly back: readonly StoryStep[]
  /** The packet that is stopped after the flow was answered; null: none is stopped. */
  readonly later: StoryLater | null
  readonly ending: StoryEnding
  /** Other possible endings, and why; empty when all is certain. */
  readonly doubts: readonly StoryDoubt[]
}

/**
 * One event that mattered.
 * @public @since 0.1.0
 */
export interface StoryStep {
  /** The hook, or `routing`, or `bridge`. */
  readonly stage: string
  readonly sentence: string
  readonly effect: StoryEffect
  /** Null: no rule did it. */
  readonly rule: StoryRule | null
}

/** @public @since 0.1.0 */
export type StoryEffect = 'passes' | 'changes' | 'stops' | 'may stop'

/**
 * The place and the text of a rule or a policy, so that a reader finds it.
 * @public @since 0.1.0
 */
export interface StoryRule {
  /** `iptables-nft, table ip nat, chain DOCKER, rule 1, reached from PREROUTING`. */
  readonly place: string
  /** As its tool prints it. */
  readonly text: string
}

/**
 * A packet after the answer.
 * @public @since 0.1.0
 */
export interface StoryLater {
  /** The sentence that tells which packet it is. */
  readonly beginning: string
  readonly steps: readonly StoryStep[]
}

/** @public @since 0.1.0 */
export interface StoryEnding {
  readonly arrives: boolean
  readonly sentence: string
}

/** @public @since 0.1.0 */
export interface StoryDoubt {
  readonly sentence: string
  /** The steps from where this course differs from the one told first. */
  readonly steps: readonly StoryStep[]
}
