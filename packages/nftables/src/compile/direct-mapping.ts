import type { DesiredMapping, DesiredTarget } from '@portolan/core'
import { chain, rule } from '../model/build.ts'
import {
  accept,
  concat,
  drop,
  element,
  goto,
  is,
  meta,
  number,
  payload,
  type Rule,
  reference,
  type Statement,
  text,
} from '../model/index.ts'
import { addressPart } from '../model/object-name.ts'
import { addElement, type PartsBuilder } from './parts.ts'
import { mapName } from './port-key.ts'
import { sourcesOf } from './sources.ts'
import { ownerComment } from './tag.ts'

interface Opening {
  readonly target: DesiredTarget
  readonly mappings: readonly [DesiredMapping, ...DesiredMapping[]]
}

/** Groups mappings by the container port they open. Several mappings may open one port, each to other sources. */
const openingsOf = (mappings: readonly DesiredMapping[]): readonly Opening[] => {
  const openings = new Map<string, Opening>()
  for (const mapping of mappings) {
    if (mapping.kind !== 'direct') continue
    for (const target of mapping.targets) {
      const key = `${mapping.protocol} ${target.address} ${target.port}`
      const found = openings.get(key)
      openings.set(key, { target, mappings: found === undefined ? [mapping] : [...found.mappings, mapping] })
    }
  }
  return [...openings.values()]
}

/** The matches a packet must meet to use this mapping. Null: no source may use it. */
const condition = (mapping: DesiredMapping): readonly Statement[] | null => {
  const sources = sourcesOf(mapping.family, mapping.allowFrom)
  if (sources === 'none') return null
  return [
    ...(mapping.interface === null ? [] : [is(meta('iifname'), text(mapping.interface))]),
    ...(sources === 'everyone' ? [] : [is(payload(mapping.family, 'saddr'), sources)]),
  ]
}

const admission = (opening: Opening, project: string): readonly Rule[] => {
  const inside: Statement = is(meta('iifname'), reference('bridges'))
  const last = ownerComment(project, opening.mappings[0].label)
  return [
    rule(last, inside, accept),
    ...opening.mappings.flatMap((mapping) => {
      const statements = condition(mapping)
      return statements === null ? [] : [rule(ownerComment(project, mapping.label), ...statements, accept)]
    }),
    rule(last, drop),
  ]
}

/** Adds the container ports that routed networks open on the containers' own addresses. */
export const addDirectMappings = (
  parts: PartsBuilder,
  project: string,
  mappings: readonly DesiredMapping[],
): void => {
  for (const opening of openingsOf(mappings)) {
    const { target } = opening
    const { family, protocol, label } = opening.mappings[0]
    const key = concat(text(target.address), text(protocol), number(target.port))
    const comment = ownerComment(project, label)
    const isOpen = opening.mappings.some((mapping) => condition(mapping)?.length === 0)
    const name = `open${family === 'ip' ? '4' : '6'}_${protocol}_${target.port}_${addressPart(target.address)}`
    if (!isOpen) parts.chains.push(chain(name, admission(opening, project)))
    addElement(
      parts,
      mapName('published', family, 'any'),
      element(key, isOpen ? accept : goto(name), comment),
    )
  }
}
