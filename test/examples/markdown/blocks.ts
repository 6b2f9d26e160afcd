/** A fenced block of a page, also one that is hidden in a comment. */
export interface Block {
  /** The path of the page, from the root of the repository. */
  readonly page: string
  /** The number of its first line, counted from 1. */
  readonly line: number
  /** The word behind the fence: `ts`, `console`; empty: none. */
  readonly kind: string
  readonly text: string
  /** The instruction in a comment directly before the block; null: none. */
  readonly mark: Mark | null
}

export type Mark =
  /** `<!-- before: CODE -->`: hidden code that runs before a ts block. */
  | { readonly kind: 'before'; readonly code: string }
  /** `<!-- on a kernel: CODE -->`: the same, and both run in the page's network namespace. */
  | { readonly kind: 'on-kernel'; readonly code: string }
  /** `<!-- file: NAME -->`: the text is written to that file, for the commands after it. */
  | { readonly kind: 'file'; readonly name: string }
  /** `<!-- prints -->`: the output of the ts block before. */
  | { readonly kind: 'prints' }

const readMark = (comment: string): Mark | null => {
  const [, word = '', rest = ''] =
    /^<!--\s*(before|on a kernel|file|prints):?([\s\S]*?)-->$/.exec(comment) ?? []
  if (word === 'before') return { kind: 'before', code: rest }
  if (word === 'on a kernel') return { kind: 'on-kernel', code: rest }
  if (word === 'file') return { kind: 'file', name: rest.trim() }
  return word === 'prints' ? { kind: 'prints' } : null
}

const fenced = /(?:^(<!--(?:(?!-->)[\s\S])*-->)\n)?^( *)(`{3,})(\w*)[^\n]*\n([\s\S]*?)^\2\3 *$/gm

/** All fenced blocks of a page, in order. */
export const blocksOf = (page: string, text: string): readonly Block[] =>
  [...text.matchAll(fenced)].map((found) => {
    const [whole, comment = '', indent = '', , kind = '', body = ''] = found
    const before = text.slice(0, (found.index ?? 0) + whole.indexOf(`${indent}\`\`\``, comment.length))
    return {
      page,
      line: before.split('\n').length,
      kind,
      text: indent === '' ? body : body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      mark: comment === '' ? null : readMark(comment),
    }
  })

/** The code of a ts block, with the hidden code before it. */
export const codeOf = ({ mark, text }: Block): string =>
  mark?.kind === 'before' || mark?.kind === 'on-kernel' ? `${mark.code}\n${text}` : text

/** A command of a console block, and the output that the page shows. */
export interface ShownCommand {
  readonly command: string
  readonly shown: string
}

/** Splits a console block. `$ ` begins a command, `> ` continues one, and every other line is output. */
export const commandsOf = (text: string): readonly ShownCommand[] => {
  const commands: { command: string; shown: string; open: boolean }[] = []
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const last = commands.at(-1)
    if (line.startsWith('$ ')) commands.push({ command: line.slice(2), shown: '', open: true })
    else if (last === undefined) throw new Error(`A console block begins with output: ${line}`)
    else if (last.open && line.startsWith('> ')) last.command += `\n${line.slice(2)}`
    else {
      last.open = false
      last.shown += `${line}\n`
    }
  }
  return commands.map(({ command, shown }) => ({ command, shown }))
}
