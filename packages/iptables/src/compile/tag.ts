import type { Rule } from '../model/ruleset.ts'

/** XT_MAX_COMMENT_LEN is 256 with the NUL (include/uapi/linux/netfilter/xt_comment.h). */
const maxBytes = 255

const unsafe = /["'`\\$]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu

/** Printable ASCII that needs neither quoting nor trimming: nearly every label there is. */
const plain = /^[\w.:,;/()<>[\]+=@#%~*!?-](?:[\w.:,;/()<>[\]+=@#%~*!? -]*[\w.:,;/()<>[\]+=@#%~*!?-])?$/

const utf8Length = (character: string): number => {
  const code = character.codePointAt(0) ?? 0
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

/**
 * The comment that names a rule's project and purpose: `demo/0.0.0.0:8080/tcp -> nginx:80`.
 * What could end a quoted string is replaced, and what is too long is cut between two characters.
 */
export const tag = (project: string, label: string): string => {
  // Put together and not copied: V8 refers to the label then, and a hundred thousand of them are held once.
  if (plain.test(label) && project.length + 1 + label.length <= maxBytes) return prefixOf(project) + label
  let text = ''
  let bytes = 0
  for (const character of `${project}/${label.replace(unsafe, '_')}`) {
    bytes += utf8Length(character)
    if (bytes > maxBytes) break
    text += character
  }
  return text.trimEnd()
}

let lastPrefix = { project: '', text: '/' }

/** One text for all labels of a project. */
const prefixOf = (project: string): string => {
  if (lastPrefix.project !== project) lastPrefix = { project, text: `${project}/` }
  return lastPrefix.text
}

/** The comment of a rule; null when it has none. */
export const tagOf = (rule: Rule): string | null => {
  for (const match of rule.matches) if (match.kind === 'comment') return match.text
  return null
}

/** The project a rule belongs to; null when it belongs to none, as our jumps and the nodes of our trees do. */
export const projectOf = (rule: Rule): string | null => {
  const text = tagOf(rule)
  const slash = text?.indexOf('/') ?? -1
  return text === null || slash < 1 ? null : text.slice(0, slash)
}
