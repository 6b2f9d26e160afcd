/** A zone or a policy, with what is set in it as `ports 8080/tcp`, sorted: the order is of no matter. */
export interface Block {
  readonly name: string
  readonly lines: readonly string[]
}

/** What firewalld is set to, in one of its two configurations. */
export interface Configuration {
  readonly policies: readonly Block[]
  readonly zones: readonly Block[]
  readonly directRules: readonly string[]
  readonly passthroughs: readonly string[]
  readonly ipsets: readonly string[]
  /** Of the ipsets of the run-time configuration. */
  readonly entries: ReadonlyMap<string, readonly string[]>
}

export interface Configurations {
  /** At run time. */
  readonly now: Configuration
  readonly permanent: Configuration
  /** The policies of the permanent configuration that Portolan made. */
  readonly ours: readonly string[]
}

/** What Portolan's policies are called, and described as. */
export const ourName: RegExp = /^p(l\d?|\d)-/

export const isOurDescription = (text: string): boolean => text.trim() === 'Portolan'

export const block = (name: string, lines: readonly string[]): Block => ({ name, lines: [...lines].sort() })
