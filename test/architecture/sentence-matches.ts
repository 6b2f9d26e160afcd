import { parseSync } from '@swc/core'

/** Properties that contain a sentence of Portolan's, in any object. */
const sentences: ReadonlySet<string> = new Set(['message', 'sentence', 'sentences', 'otherwise', 'headline'])
/** Names of objects whose `text` is a sentence of Portolan's, or a trace's description of an action. */
const holders: ReadonlySet<string> = new Set([
  'cause',
  'refusal',
  'culprit',
  'remedy',
  'step',
  'last',
  'earlier',
])

/** String methods that search the text they are called on, and those that search their argument. */
const lookIn: ReadonlySet<string> = new Set(
  'startsWith endsWith includes match matchAll search indexOf lastIndexOf replace replaceAll split'.split(
    ' ',
  ),
)
const lookAt: ReadonlySet<string> = new Set(['test', 'exec'])

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

const nodesOf = (value: unknown): readonly Node[] => {
  if (Array.isArray(value)) return value.flatMap(nodesOf)
  if (typeof value !== 'object' || value === null) return []
  return [...(isNode(value) ? [value] : []), ...Object.values(value).flatMap(nodesOf)]
}

const nameOf = (value: unknown): string => {
  if (!isNode(value)) return ''
  if (value.type === 'Identifier' || value.type === 'StringLiteral') return String(value.value)
  return value.type === 'Computed' ? nameOf(value.expression) : ''
}

/** An expression without its wrapping: `(a.text ?? '')` becomes `a.text`. */
const bare = (value: unknown): unknown => {
  if (!isNode(value)) return value
  switch (value.type) {
    case 'ParenthesisExpression':
    case 'TsAsExpression':
    case 'TsNonNullExpression':
    case 'TsSatisfiesExpression':
    case 'AwaitExpression':
      return bare(value.expression)
    case 'OptionalChainingExpression':
      return bare(value.base)
    case 'BinaryExpression':
      return value.operator === '??' || value.operator === '||' ? bare(value.left) : value
    case 'TemplateLiteral': {
      const { expressions } = value
      return Array.isArray(expressions) && expressions.length === 1 ? bare(expressions[0]) : value
    }
    case 'CallExpression': {
      // A sentence in upper or lower case is still a sentence.
      const callee = bare(value.callee)
      const isSame =
        isNode(callee) &&
        callee.type === 'MemberExpression' &&
        /^(trim(Start|End)?|to(Lower|Upper)Case|slice|normalize|toString|concat)$/.test(
          nameOf(callee.property),
        )
      if (isSame) return bare(callee.object)
      return nameOf(value.callee) === 'String' && Array.isArray(value.arguments)
        ? bare((value.arguments[0] as { expression?: unknown } | undefined)?.expression)
        : value
    }
    default:
      return value
  }
}

type Names = ReadonlyMap<string, string>

const isSentence = (expression: unknown, names: Names): boolean => {
  const node = bare(expression)
  if (!isNode(node)) return false
  if (node.type === 'Identifier') return sentences.has(nameOf(node)) || names.get(nameOf(node)) === 'sentence'
  if (node.type !== 'MemberExpression') return false
  const property = nameOf(node.property)
  return (
    sentences.has(property) ||
    ((property === 'text' || property === 'verdict') && isHolder(node.object, names))
  )
}

const isHolder = (expression: unknown, names: Names): boolean => {
  const node = bare(expression)
  if (!isNode(node)) return false
  if (node.type === 'Identifier') return holders.has(nameOf(node)) || names.get(nameOf(node)) === 'holder'
  return node.type === 'MemberExpression' && holders.has(nameOf(node.property))
}

/** The variable names for such properties in a file, from destructuring or assignment. */
const namesIn = (nodes: readonly Node[]): Names => {
  const names = new Map<string, string>()
  const read = (pattern: unknown, isOfHolder: boolean): void => {
    if (!isNode(pattern) || pattern.type !== 'ObjectPattern' || !Array.isArray(pattern.properties)) return
    for (const one of pattern.properties as readonly Node[]) {
      const key = nameOf(one.key)
      const value = one.type === 'AssignmentPatternProperty' ? one.key : one.value
      if (sentences.has(key) || (isOfHolder && (key === 'text' || key === 'verdict')))
        names.set(nameOf(value), 'sentence')
      else if (holders.has(key) && nameOf(value) !== '') names.set(nameOf(value), 'holder')
      read(value, holders.has(key))
    }
  }
  // Repeats until no new name is found, for variables made from variables.
  for (let before = -1; before !== names.size; ) {
    before = names.size
    for (const node of nodes) {
      if (node.type === 'VariableDeclarator') {
        read(node.id, isHolder(node.init, names))
        const name = nameOf(node.id)
        if (name !== '' && isSentence(node.init, names)) names.set(name, 'sentence')
        else if (name !== '' && isHolder(node.init, names)) names.set(name, 'holder')
      }
      if (node.type === 'ObjectPattern')
        read(node, /TraceStep|TraceEntry|Culprit|Cause|Remedy/.test(typeOf(node)))
    }
  }
  return names
}

const typeOf = (pattern: Node): string => JSON.stringify(pattern.typeAnnotation ?? '')

/** True: a text that identifies a sentence. A single character at which a text is split does not. */
const isWords = (value: unknown): boolean =>
  isNode(value) &&
  ((value.type === 'StringLiteral' && value.value !== '') || value.type === 'TemplateLiteral')

/**
 * Finds places where the program searches a sentence of its own: by a regular expression, by a part, or by a
 * comparison.
 *
 * @returns the places, as offsets in the code
 */
export const sentenceMatches = (code: string): readonly string[] => {
  const program = parseSync(code, { syntax: 'typescript' })
  const nodes = nodesOf(program)
  const names = namesIn(nodes)
  return nodes.flatMap((node) => {
    if (node.type === 'BinaryExpression' && /^[!=]==?$/.test(String(node.operator))) {
      const { left, right } = node
      return (isSentence(left, names) && isWords(right)) || (isSentence(right, names) && isWords(left))
        ? [told(code, node, program)]
        : []
    }
    if (node.type === 'SwitchStatement' && isSentence(node.discriminant, names))
      return [told(code, node, program)]
    if (node.type !== 'CallExpression') return []
    const callee = bare(node.callee)
    if (!isNode(callee) || callee.type !== 'MemberExpression') return []
    const method = nameOf(callee.property)
    const given = (node.arguments as readonly { expression: unknown }[]).map(({ expression }) => expression)
    const isLooking =
      (lookIn.has(method) && isSentence(callee.object, names)) ||
      (lookAt.has(method) && given.some((one) => isSentence(one, names)))
    return isLooking ? [told(code, node, program)] : []
  })
}

/** The code of a node, on one line. swc's offsets count bytes, and continue from one parsed program to the next. */
const told = (code: string, node: Node, program: { readonly span: { readonly start: number } }): string => {
  const { start, end } = node.span as { readonly start: number; readonly end: number }
  const first = program.span.start - leadingBytes(code)
  return Buffer.from(code)
    .subarray(start - first, end - first)
    .toString()
    .replace(/\s+/g, ' ')
}

/** The length of the blanks and comments before the first statement, where a program's span begins. */
const leadingBytes = (code: string): number => {
  const { length } = /^(\s|\/\/.*\n|\/\*[\s\S]*?\*\/)*/.exec(code)?.[0] ?? ''
  return Buffer.byteLength(code.slice(0, length))
}
