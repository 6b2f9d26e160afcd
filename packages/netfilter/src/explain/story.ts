/**
 * What became of a packet, as sentences: where it entered, what changed or stopped it on its way there and back, and
 * where it ended.
 * @public @since 0.1.0
 */
export interface Story {
  readonly beginning: string
  readonly there: readonly StoryStep[]
  /** Of the answer; empty when there is none, or nothing acted on it. */
  readonly back: readonly StoryStep[]
  /** Of the packet that is stopped once the flow is answered; null when none is. */
  readonly later: StoryLater | null
  readonly ending: StoryEnding
  /** What else may happen, and why; empty when all is certain. */
  readonly doubts: readonly StoryDoubt[]
}

/**
 * One thing that mattered.
 * @public @since 0.1.0
 */
export interface StoryStep {
  /** The hook, or `routing`, or `bridge`. */
  readonly stage: string
  readonly sentence: string
  readonly effect: StoryEffect
  /** Null of what is no rule. */
  readonly rule: StoryRule | null
}

/** @public @since 0.1.0 */
export type StoryEffect = 'passes' | 'changes' | 'stops' | 'may stop'

/**
 * A rule or a policy, to be found again.
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
  /** Which it is. */
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
  /** Where the other way parts from the one that was told. */
  readonly steps: readonly StoryStep[]
}
