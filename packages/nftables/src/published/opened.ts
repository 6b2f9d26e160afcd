import type { PublishedPort } from '@portolan/core'
import { type Family, families, type Protocol } from '@portolan/netfilter'
import { ownTable } from '../compile/ours.ts'
import { mapName } from '../compile/port-key.ts'
import { ownerOf } from '../compile/tag.ts'
import type { Element, Expression, Ruleset } from '../model/index.ts'

/**
 * The container ports that routed networks open, read from our table alone.
 * @example
 * opened(await inspect(runner)) // [{ project: 'shop', hostPort: 80, targets: [...], ... }]
 * @public @since 0.1.0
 */
export const opened = (ruleset: Ruleset): readonly PublishedPort[] => {
  const table = ownTable(ruleset)
  return families.flatMap((family) => {
    const map = table?.sets.find((set) => set.name === mapName('published', family, 'any'))
    return (map?.elements ?? []).flatMap((element) => readElement(element, family) ?? [])
  })
}

const readElement = ({ key, data, comment }: Element, family: Family): PublishedPort | null => {
  const project = ownerOf(comment)
  if (project === null || comment === null || key.kind !== 'concat') return null
  const [address, protocol, port] = key.parts.map(textOf)
  if (address == null || !isProtocol(protocol) || port == null) return null
  return {
    project,
    label: comment.slice(project.length + 1),
    family,
    protocol,
    hostAddress: null,
    hostPort: Number(port),
    interface: null,
    targets: [{ address, port: Number(port) }],
    // A port for some clients only leads to a chain that checks the source.
    ...(data?.kind === 'accept' ? {} : { limited: true }),
  }
}

export const isProtocol = (text: string | null | undefined): text is Protocol =>
  text === 'tcp' || text === 'udp' || text === 'sctp'

/** A part of a key as text; null when it is not a single value. */
export const textOf = (expression: Expression): string | null => {
  if (expression.kind === 'text') return expression.text
  return expression.kind === 'number' ? String(expression.value) : null
}
