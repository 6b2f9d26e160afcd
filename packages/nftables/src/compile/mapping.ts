import type { DesiredMapping, DesiredTarget } from '@portolan/core'
import { chain, rule } from '../model/build.ts'
import {
  concat,
  drop,
  type Element,
  type Expression,
  element,
  goto,
  is,
  isNot,
  meta,
  nat,
  number,
  ownPortKey,
  payload,
  type Rule,
  type Statement,
  text,
} from '../model/index.ts'
import { addressPart, interfacePart } from '../model/object-name.ts'
import { addElement, constantOf, type ElementMaker, type PartsBuilder } from './parts.ts'
import { type Level, mapName, mapNames } from './port-key.ts'
import { sourcesOf } from './sources.ts'
import { ownerComment } from './tag.ts'

const levelOf = (mapping: DesiredMapping): Level => {
  if (mapping.interface !== null) return mapping.hostAddress === null ? 'bound' : 'bound-host'
  return mapping.hostAddress === null ? 'any' : 'host'
}

/** The key of a mapping's element: the values a packet must have, in the order of `lookupKey`. */
const keyOf = (maker: ElementMaker, mapping: DesiredMapping): Expression => {
  const { interface: name, hostAddress, protocol, hostPort } = mapping
  if (name === null && hostAddress === null) return ownPortKey(maker.portKeys, protocol, hostPort)
  return concat(
    ...(name !== null ? [constantOf(maker, name)] : []),
    ...(hostAddress !== null ? [constantOf(maker, hostAddress)] : []),
    constantOf(maker, protocol),
    number(hostPort),
  )
}

/** The fields of a mapping that its chain names are made of. */
type HostSocket = Pick<DesiredMapping, 'family' | 'hostPort' | 'hostAddress' | 'interface'> & {
  readonly protocol: string
}

const chainName = (stem: string, mapping: HostSocket): string => {
  const address = mapping.hostAddress === null ? '' : `_${addressPart(mapping.hostAddress)}`
  const bound = mapping.interface === null ? '' : `_on_${interfacePart(mapping.interface)}`
  return `${stem}${mapping.family === 'ip' ? '4' : '6'}_${mapping.protocol}_${mapping.hostPort}${address}${bound}`
}

/** The name of the chain that says which other machines may use a mapping. */
export const restrictionChain = (socket: HostSocket): string => chainName('allow', socket)

/**
 * The container's address and port as an expression. A range of host ports may lead to one container port, so the
 * expression of the mapping before is used again.
 */
const endOf = (parts: ElementMaker, { address, port }: DesiredTarget): Expression => {
  const { lastEnd } = parts
  if (lastEnd?.address === address && lastEnd.port === port) return lastEnd.end
  const end = concat(constantOf(parts, address), constantOf(parts, port))
  parts.lastEnd = { address, port, end }
  return end
}

/**
 * Spreads new flows over the targets by weight. Each flow gets a random number, and each target has as many numbers as
 * its weight.
 */
const balanced = (parts: PartsBuilder, targets: readonly DesiredTarget[]): Expression => {
  const elements: Element[] = []
  let total = 0
  for (const target of targets) {
    const last = total + target.weight - 1
    const share: Expression =
      total === last ? number(total) : { kind: 'range', first: number(total), last: number(last) }
    elements.push(element(share, endOf(parts, target)))
    total = last + 1
  }
  return {
    kind: 'map',
    key: { kind: 'numgen', mode: 'random', modulus: total, offset: 0 },
    data: { kind: 'set', elements },
  }
}

const translation = (parts: PartsBuilder, mapping: DesiredMapping): readonly Statement[] => {
  const [only, ...others] = mapping.targets
  const { family } = mapping
  return [
    is(meta('l4proto'), text(mapping.protocol)),
    others.length === 0
      ? nat('dnat', family, text(only.address), number(only.port))
      : nat('dnat', family, balanced(parts, mapping.targets)),
  ]
}

const unrestricted: readonly Rule[] = []

/**
 * The rules for packets of other machines where the mapping restricts sources. Empty: every source may use the mapping.
 */
const restriction = (mapping: DesiredMapping, comment: string): readonly Rule[] => {
  const sources = sourcesOf(mapping.family, mapping.allowFrom)
  if (sources === 'everyone') return unrestricted
  if (sources === 'none') return [rule(comment, drop)]
  return [rule(comment, isNot(payload(mapping.family, 'saddr'), sources), drop)]
}

const isPlain = (mapping: DesiredMapping): boolean =>
  mapping.interface === null && mapping.targets.length === 1

const plainMaps = mapNames('dnat')

const plainMap = (mapping: DesiredMapping): string => plainMaps[mapping.family][levelOf(mapping)]

/**
 * The element of a mapping that needs one element only, and the name of its map.
 * @returns null when the mapping needs a chain or a restriction, or no element at all
 */
export const loneElement = (
  maker: ElementMaker,
  project: string,
  mapping: DesiredMapping,
): { readonly map: string; readonly element: Element } | null => {
  if (!isPlain(mapping) || mapping.hostAddress === '::1') return null
  if (mapping.allowFrom !== null && sourcesOf(mapping.family, mapping.allowFrom) !== 'everyone') return null
  const made = element(
    keyOf(maker, mapping),
    endOf(maker, mapping.targets[0]),
    ownerComment(project, mapping.label),
  )
  return { map: plainMap(mapping), element: made }
}

/**
 * Adds a mapping from a host port. A plain mapping is one element of one data map. Other mappings need a chain, because
 * an nft map holds either data or verdicts.
 */
export const addNatMapping = (parts: PartsBuilder, project: string, mapping: DesiredMapping): void => {
  // IPv6 has no route_localnet: packets to ::1 cannot leave the host.
  if (mapping.hostAddress === '::1') return
  const { family } = mapping
  const comment = ownerComment(project, mapping.label)
  const level = levelOf(mapping)
  const key = keyOf(parts, mapping)

  if (isPlain(mapping)) {
    addElement(parts, plainMap(mapping), element(key, endOf(parts, mapping.targets[0]), comment))
  } else {
    const name = chainName('dnat', mapping)
    parts.chains.push(chain(name, [rule(comment, ...translation(parts, mapping))]))
    if (mapping.interface === null) {
      addElement(parts, mapName('balanced', family, level), element(key, goto(name), comment))
    } else {
      addElement(
        parts,
        mapName('bound', family, level === 'bound' ? 'any' : 'host'),
        element(key, goto(name), comment),
      )
    }
  }

  const rules = restriction(mapping, comment)
  if (rules.length === 0) return
  const name = restrictionChain(mapping)
  parts.chains.push(chain(name, rules))
  addElement(parts, mapName('restricted', family, level), element(key, goto(name), comment))
}
