/** The texts of a program: strings, and the fixed parts of templates. */
export const textsOf = (node: unknown): readonly string[] => {
  if (Array.isArray(node)) return node.flatMap(textsOf)
  if (typeof node !== 'object' || node === null) return []
  const { type, value, raw } = node as { type?: string; value?: unknown; raw?: unknown }
  if (type === 'StringLiteral' && typeof value === 'string') return [value]
  if (type === 'TemplateElement' && typeof raw === 'string') return [raw]
  return Object.values(node).flatMap(textsOf)
}
