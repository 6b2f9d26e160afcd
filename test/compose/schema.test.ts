import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import { fromJson } from '../from-json.ts'

/**
 * The schema of the Compose Specification, from Debian's docker-compose 2.26 (compose-go, schema/compose-spec.json,
 * Apache License 2.0).
 */
const schema = fromJson<Schema>(readFileSync(new URL('./compose-spec.json', import.meta.url), 'utf8'))

interface Part {
  readonly properties: Readonly<Record<string, Part>>
}

interface Schema extends Part {
  readonly definitions: { readonly service: Part; readonly network: Part }
}

/** The keys that Portolan reports as unknown in a part of a file. */
const unknown = (keys: readonly string[], text: (key: string) => string): readonly string[] =>
  keys.filter((key) => {
    const { notes } = readCompose(text(key), {
      source: 'compose.yaml',
      load: () => ({ text: 'services: {}', source: 'a.yaml' }),
    })
    return notes.some((note) => note.text.includes(`the key "${key}" is unknown`))
  })

/** A valid value for each key that is read. Any value is fine for other keys. */
const values: Readonly<Record<string, string>> = {
  name: 'x',
  networks: '{}',
  services: '{}',
  include: '[]',
  deploy: '{}',
  expose: '[]',
  extends: 'base',
  links: '[]',
  mac_address: '"02:42:00:00:00:01"',
  network_mode: 'host',
  ports: '[]',
  profiles: '[]',
  scale: '1',
  driver: 'bridge',
  driver_opts: '{}',
  enable_ipv4: 'true',
  enable_ipv6: 'true',
  external: 'false',
  internal: 'true',
  ipam: '{}',
  config: '[]',
}
const pair = (key: string): string => `${key}: ${values[key === 'driver' ? 'driver' : key] ?? 'x'}`

test('no key of the schema is called unknown', () => {
  const { service, network } = schema.definitions
  const ipam = network.properties.ipam?.properties ?? {}
  expect([
    ...unknown(Object.keys(schema.properties), (key) =>
      key === 'services' ? 'services: {}' : `services: {}\n${pair(key)}`,
    ),
    ...unknown(Object.keys(service.properties), (key) => `services: {base: {}, web: {${pair(key)}}}`),
    ...unknown(Object.keys(network.properties), (key) => `services: {}\nnetworks: {n: {${pair(key)}}}`),
    ...unknown(
      Object.keys(ipam),
      (key) => `services: {}\nnetworks: {n: {ipam: {${key === 'driver' ? 'driver: default' : pair(key)}}}}`,
    ),
  ]).toEqual([])
  expect(Object.keys(service.properties).length).toBeGreaterThan(80)
  expect(Object.keys(ipam)).toEqual(expect.arrayContaining(['config', 'driver', 'options']))
})
