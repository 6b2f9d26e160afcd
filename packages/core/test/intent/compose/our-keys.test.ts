import { describe, expect, test } from '@jest/globals'
import { notes, read, refusal } from './read.ts'

const port = (more: string): string =>
  `services:\n  web:\n    ports:\n      - {target: 80, published: 80, ${more}}\n`

describe('a restriction of access that would not be read', () => {
  test.each<[string, string, RegExp]>([
    [
      'at a service',
      'services:\n  web:\n    x-portolan: {allow_from: [10.0.0.0/8]}\n    ports: ["80:80"]',
      /^IntentError compose\.yaml:3:18: services\.web\.x-portolan: `allow_from` is not read here, .*of an entry of `ports`/,
    ],
    [
      'at the top',
      'x-portolan: {allow_from: [10.0.0.0/8]}\nservices: {web: {ports: ["80:80"]}}',
      /^IntentError compose\.yaml:1:1: `x-portolan` is not read here/,
    ],
    [
      'at a network of a service',
      'services: {web: {networks: {n: {x-portolan: {interface: eth0}}}}}\nnetworks: {n: }',
      /1:33: services\.web\.networks\.n: `x-portolan` is not read here/,
    ],
    [
      'under deploy',
      'services: {web: {deploy: {x-portolan: {weight: 2}}}}',
      /services\.web\.deploy: `x-portolan` is not read here/,
    ],
    [
      'in ipam',
      'services: {web: {networks: [n]}}\nnetworks: {n: {ipam: {config: [{x-portolan: {pool: docker}}]}}}',
      /networks\.n\.ipam\.config\[0\]: `x-portolan` is not read here/,
    ],
    [
      'as allow_from of a service',
      'services: {web: {allow_from: [10.0.0.0/8], ports: ["80:80"]}}',
      /1:18: services\.web: `allow_from` is not read here, and keeps no machine out/,
    ],
    ['as allow_from of a port', port('allow_from: [10.0.0.0/8]'), /4:37: .*`allow_from` is not read here/],
    ['as x-portolan without a value', port('x-portolan: '), /4:37: .*expected a value after `x-portolan`/],
    [
      'as x-allow_from under x-portolan',
      port('x-portolan: {x-allow_from: [10.0.0.0/8]}'),
      /unknown key "x-allow_from", .*did you mean "allow_from"\?$/,
    ],
    [
      'misspelt under x-portolan',
      port('x-portolan: {allow-from: [10.0.0.0/8]}'),
      /unknown key "allow-from", .*did you mean "allow_from"\?$/,
    ],
  ])('is refused %s', (_, text, message) => {
    expect(refusal(text)).toMatch(message)
  })

  test.each(['x-portlan', 'x-portolano', 'x-Portolan', 'x-protolan', 'x-portainer'])(
    'is told under the name %s',
    (key) => {
      expect(notes(port(`${key}: {allow_from: [10.0.0.0/8]}`))).toEqual([
        `4:37 services.web.ports[0]: the key "${key}" has no effect: did you mean "x-portolan"?`,
      ])
    },
  )

  test('is told at a service, at a network and at the top too', () => {
    const text =
      'x-portlan: {pool: docker}\nservices: {web: {x-portlan: {weight: 1}, networks: [n]}}\nnetworks: {n: {x-portlan: {pool: docker}}}'
    expect(notes(text)).toEqual([
      '1:1 the key "x-portlan" has no effect: did you mean "x-portolan"?',
      '2:18 services.web: the key "x-portlan" has no effect: did you mean "x-portolan"?',
      '3:16 networks.n: the key "x-portlan" has no effect: did you mean "x-portolan"?',
    ])
  })
})

test("a template, a label and a variable of the program's own may be called as ours", () => {
  const text = `x-ports: &p {target: 80, published: 80, x-portolan: {allow_from: [10.0.0.0/8]}}
x-other: {a: b}
services:
  web: {ports: [*p], labels: {x-portolan: a}, environment: {x-portolan: b}, x-foo: {bar: 1}}`
  expect(notes(text)).toEqual([])
  expect(read(text).mappings).toMatchObject([{ allowFrom: ['10.0.0.0/8'] }])
})

describe('a misspelt key', () => {
  test.each<[string, string]>([
    ['servcies: {web: {ports: ["80:80"]}}', 'servcies'],
    ['service: {web: {ports: ["80:80"]}}', 'service'],
    ['Services: {web: {ports: ["80:80"]}}', 'Services'],
  ])('%s is refused with the one that was meant', (text, key) => {
    expect(refusal(text)).toBe(
      `IntentError compose.yaml:1:1: the file has no \`services\`, and the key "${key}" is unknown: did you mean "services"?`,
    )
  })

  test('under deploy is told', () => {
    expect(notes('services: {web: {deploy: {replica: 3}}}')).toEqual([
      '1:27 services.web.deploy: the key "replica" is unknown and has no effect: did you mean "replicas"?',
    ])
  })

  test.each<[string, string]>([
    [port('publish: 81'), 'published'],
    ['services: {web: {networks: {n: {ip4_address: 10.0.0.9}}}}\nnetworks: {n: }', 'ipv4_address'],
    ['services: {web: }\nnetworks: {n: {ipam: {config: [{subnets: 10.0.0.0/24}]}}}', 'subnet'],
  ])('%s is refused with what was meant', (text, meant) => {
    expect(refusal(text)).toMatch(new RegExp(`did you mean "${meant}"\\?$`))
  })

  test.each<[string, string]>([
    ['com.docker.network.bridge.nam', 'com.docker.network.bridge.name'],
    ['com.docker.netwrok.driver.mtu', 'com.docker.network.driver.mtu'],
  ])('of a driver, %s, is told', (key, meant) => {
    expect(notes(`services: {web: {networks: [n]}}\nnetworks: {n: {driver_opts: {${key}: 1}}}`)).toEqual([
      `2:30 networks.n.driver_opts: ${key} has no effect here: did you mean "${meant}"?`,
    ])
  })
})
