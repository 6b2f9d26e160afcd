/**
 * A zone or a policy with its settings, each as a line such as `ports 8080/tcp`. The lines are sorted, because their
 * order does not matter.
 */
export interface Block {
  readonly name: string
  readonly lines: readonly string[]
}

/** The settings of one of firewalld's two configurations. */
export interface Configuration {
  readonly policies: readonly Block[]
  readonly zones: readonly Block[]
  readonly directRules: readonly string[]
  readonly passthroughs: readonly string[]
  readonly ipsets: readonly string[]
  /** The entries of each ipset that the run-time configuration has. */
  readonly entries: ReadonlyMap<string, readonly string[]>
}

export interface Configurations {
  /** The configuration at run time. */
  readonly now: Configuration
  readonly permanent: Configuration
  /** The policies of the permanent configuration that Portolan made. */
  readonly ours: readonly string[]
}

/** The names of Portolan's policies. */
export const ourName: RegExp = /^p(l\d?|\d)-/

export const isOurDescription = (text: string): boolean => text.trim() === 'Portolan'

export const block = (name: string, lines: readonly string[]): Block => ({ name, lines: [...lines].sort() })
