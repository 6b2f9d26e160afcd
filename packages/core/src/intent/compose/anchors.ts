import { type Alias, type Document, isAlias, isCollection, isPair, type Node, visit } from 'yaml'
import { deepestYaml } from './yaml-documents.ts'

/**
 * The most parts that a document may unfold to. Compose refuses such files too (go-yaml: "document contains excessive
 * aliasing").
 */
export const mostParts = 1_000_000

type Refuse = (offset: number, message: string) => Error

/**
 * Finds the node that each alias of a document stands for. It refuses a document whose aliases go in circles, unfold to
 * more than a million parts (a "billion laughs"), or nest too deeply, wherever they stand.
 *
 * @returns the node of an alias
 */
export const anchorsOf = (document: Document, refuse: Refuse): ((alias: Alias) => Node) => {
  const anchored = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const target = anchored.get(node.source)
        if (target === undefined)
          throw refuse(
            node.range?.[0] ?? 0,
            `*${node.source} refers to no anchor: expected &${node.source} above it`,
          )
        targets.set(node, target)
      } else if (node.anchor !== undefined) anchored.set(node.anchor, node)
    },
  })
  const target = (alias: Alias): Node => {
    const node = targets.get(alias)
    if (node === undefined) throw refuse(alias.range?.[0] ?? 0, `*${alias.source} refers to no anchor`)
    return node
  }
  if (targets.size > 0) measure(document.contents as Node, target, refuse)
  return target
}

interface Extent {
  readonly parts: number
  readonly levels: number
}

const measure = (root: Node, target: (alias: Alias) => Node, refuse: Refuse): void => {
  const extents = new Map<Node, Extent | 'open'>()
  const extent = (node: Node, from: Node): Extent => {
    const known = extents.get(node)
    if (known === 'open') throw refuse(from.range?.[0] ?? 0, 'an alias inside the very thing it refers to')
    if (known !== undefined) return known
    extents.set(node, 'open')
    let parts = 1
    let levels = 0
    for (const part of partsOf(node)) {
      const inner = extent(isAlias(part) ? target(part) : part, part)
      parts += inner.parts
      levels = Math.max(levels, inner.levels)
    }
    levels += 1
    if (parts > mostParts)
      throw refuse(node.range?.[0] ?? 0, `the aliases in this unfold to more than ${mostParts} parts`)
    if (levels > 2 * deepestYaml)
      throw refuse(
        node.range?.[0] ?? 0,
        `with its aliases unfolded this is nested too deeply, more than ${2 * deepestYaml} levels`,
      )
    extents.set(node, { parts, levels })
    return { parts, levels }
  }
  extent(isAlias(root) ? target(root) : root, root)
}

const partsOf = (node: Node): readonly Node[] => {
  if (!isCollection(node)) return []
  return node.items
    .flatMap((item) => (isPair(item) ? [item.key, item.value] : [item]))
    .filter((part): part is Node => part !== null && part !== undefined)
}
