import type { EnginePoolFact } from '@portolan/netfilter'
import { containsPrefix, formatPrefix, parsePrefix, tryParsePrefix } from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'
import { type EngineReading, emptyReading, unreadable } from './engine-reading.ts'
import { type JsonObject, readJsonObject, textOf } from './json-document.ts'
import { readSubnets } from './subnet-text.ts'

/** The default bridge's own keys (dockerd(8): `--bip`, `--bip6`, `--fixed-cidr`, `--fixed-cidr-v6`). */
const bridgeKeys = ['bip', 'bip6', 'fixed-cidr', 'fixed-cidr-v6'] as const

/**
 * Reads Docker's `daemon.json`: the default bridge, if the file gives its subnet, and `default-address-pools`.
 *
 * The pools are not networks. Docker cuts a subnet out of a pool when a network is made, and looks at the host's routes
 * first. So pools are returned apart from networks that exist. The networks that Docker has made are in its database
 * below `data-root` (`parseDockerStore`).
 *
 * @example
 * parseDockerDaemon('{"bip": "172.26.0.1/16"}', 'daemon.json').networks[0].subnets // ['172.26.0.0/16']
 * @public @since 0.1.0
 */
export const parseDockerDaemon = (text: string, file: string): EngineReading => {
  checkText(text, 'text')
  checkText(file, 'file')
  // dockerd reads an empty file as a file without settings.
  if (text.trim() === '') return emptyReading
  const read = readJsonObject(text, file)
  if (read.kind === 'fault') return unreadable(file, read.why)
  const { object } = read
  const pools = readPools(object['default-address-pools'], file)
  // Before Docker 17.05, `data-root` was called `graph`.
  const roots = [object['data-root'], object.graph].flatMap((value) => textOf(value) ?? [])
  const dataRoots = roots.length === 0 ? {} : { dataRoots: roots }
  // https://docs.docker.com/reference/cli/dockerd: "none" disables the default bridge.
  if (object.bridge === 'none') return { networks: [], ...pools, ...dataRoots }
  const { subnets, complaints } = readSubnets(
    file,
    bridgeKeys
      .filter((key) => object[key] !== undefined && object[key] !== '')
      .map((key) => ({ what: key, value: object[key] })),
  )
  return {
    networks:
      subnets.length === 0
        ? []
        : [
            {
              engine: 'docker',
              name: 'bridge',
              subnets: outermost(subnets),
              bridge: textOf(object.bridge) ?? 'docker0',
              file,
            },
          ],
    pools: pools.pools,
    complaints: [...complaints, ...pools.complaints],
    ...dataRoots,
  }
}

/** Leaves out each subnet that lies inside another one: `fixed-cidr` is a part of `bip`. */
const outermost = (subnets: readonly string[]): readonly string[] => {
  const prefixes = subnets.map((text) => parsePrefix(text))
  return subnets.filter((_, at) => {
    const prefix = prefixes[at]
    return (
      prefix !== undefined && prefixes.every((other, place) => place === at || !containsPrefix(other, prefix))
    )
  })
}

const readPools = (
  value: unknown,
  file: string,
): { readonly pools: readonly EnginePoolFact[]; readonly complaints: readonly string[] } => {
  if (value === undefined || value === null) return { pools: [], complaints: [] }
  const what = 'default-address-pools'
  if (!Array.isArray(value)) return { pools: [], complaints: [`${file}: ${what}: expected a list.`] }
  const pools: EnginePoolFact[] = []
  const complaints: string[] = []
  for (const [index, entry] of value.entries()) {
    const { base, size } = (entry ?? {}) as JsonObject
    const prefix = typeof base === 'string' ? tryParsePrefix(base) : null
    if (prefix === null || !Number.isInteger(size))
      complaints.push(
        `${file}: ${what}[${index}]: expected a base and a size, such as {"base": "172.30.0.0/16", "size": 24}.`,
      )
    else pools.push({ engine: 'docker', base: formatPrefix(prefix), size: Number(size), file })
  }
  return { pools, complaints }
}
