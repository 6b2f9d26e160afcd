import type { NetfilterRule } from '../model/index.ts'

/**
 * The mapping or network that a managed rule is for.
 * @public @since 0.1.0
 */
export interface ManagedPart {
  readonly project: string
  /** The label of a mapping, the name of a network, or `guard forwarding`. */
  readonly name: string
}

/**
 * Both dialects write the project in front of the first slash, and what the rule does behind a colon:
 * `comment "shop/web"`, `--comment "shop/web: hairpin"`.
 */
const comment = /\bcomment (?:"([^"/\s]+)\/([^"]*)"|([^"/\s]+)\/(\S*))/

/** The part of a project that a managed rule is for, by its comment; null of a rule that all projects share. */
export const managedPartOf = ({ source }: NetfilterRule): ManagedPart | null => {
  const [, quoted, label, plain, word] = comment.exec(source.text) ?? []
  const [project, name] = [quoted ?? plain, label ?? word]
  return project === undefined || name === undefined ? null : { project, name: name.replace(/: .*$/, '') }
}
