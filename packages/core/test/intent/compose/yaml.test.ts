import { describe, expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import { ParseError } from '@portolan/netfilter'
import { mappings, notes, read, refusal } from './read.ts'

describe('anchors, aliases and merge keys', () => {
  test('a merge key brings in what the mapping does not say itself', () => {
    const text = `
x-base: &base
  ports: ["8080:80"]
  networks: [front]
services:
  web:
    <<: *base
    image: nginx
  api:
    <<: *base
    ports: ["9090:90"]
networks: {front: }
`
    expect(mappings(text)).toEqual(['web#1 front 8080:80', 'api#1 front 9090:90'])
  })

  test('of several mappings merged the first wins, in whatever form they are listed', () => {
    const text = `
x-a: &a {ports: ["1:1"], networks: [front]}
x-b: &b {ports: ["2:2"], profiles: [never]}
x-c: &c
  <<: *a
services:
  list: {<<: [*c, *b]}
networks: {front: }
`
    expect(mappings(text, { profiles: ['never'] })).toEqual(['list#1 front 1:1'])
  })

  test('an alias stands for a list, an item or a value', () => {
    const text = `
x-ports: &ports ["1:1", &second "2:2"]
services:
  a: {ports: *ports}
  b: {ports: [*second]}
`
    expect(mappings(text)).toEqual(['a#1 default 1:1', 'a#1 default 2:2', 'b#1 default 2:2'])
  })

  test('a quoted "<<" is a key like any other', () => {
    expect(refusal('services: {"<<": {}}')).toMatch('service "<<": expected a name')
  })
})

describe('what is not YAML is refused with its place', () => {
  test.each([
    ['an open bracket', 'services: [', /^ParseError compose\.yaml:1:\d+: /],
    ['a tab as indentation', 'services:\n\tweb: {}', /^ParseError compose\.yaml:2:1: /],
    ['a key written twice', 'services: {}\nservices: {}', /compose\.yaml:2:1: "services" is written twice/],
    [
      'a key written twice in what is ignored',
      'x-a: {b: 1, b: 2}',
      /compose\.yaml:1:13: "b" is written twice/,
    ],
    ['an alias without an anchor', 'services: *none', /compose\.yaml:1:11: \*none refers to no anchor/],
    ['an alias above its anchor', 'a: *b\nb: &b 1', /compose\.yaml:1:4: \*b refers to no anchor/],
    [
      'an alias inside what it refers to',
      'a: &a {b: [*a]}',
      /compose\.yaml:1:12: an alias inside the very thing/,
    ],
    ['a merge key that merges a word', 'a: {<<: b}', /compose\.yaml:1:5: `<<` merges a mapping/],
    ['a mapping as a key', '{a: b}: c', /compose\.yaml:1:1: expected a word as the key/],
    ['brackets nested 20,000 deep', '['.repeat(20_000), /nested too deeply/],
  ])('%s', (_, text, message) => {
    expect(refusal(text)).toMatch(message)
  })

  test('aliases that unfold to a billion parts are refused at once, even where nothing is read', () => {
    const lines = ['x-0: &x0 [lol]']
    for (let level = 1; level <= 30; level += 1) {
      const alias = `*x${level - 1}`
      lines.push(`x-${level}: &x${level} [${Array(10).fill(alias).join(', ')}]`)
    }
    expect(refusal(lines.join('\n'))).toMatch(/unfold to more than 1000000 parts/)
  })

  test('the error carries the line it speaks of, or as much of it as matters', () => {
    expect.assertions(2)
    try {
      readCompose(`services: {}\n${'x'.repeat(500)}: *none`, { source: 'a.yaml' })
    } catch (error) {
      expect(error).toBeInstanceOf(ParseError)
      expect((error as ParseError).snippet).toMatch(/^x{50,}: \*none$/)
    }
  })
})

describe('what is not a Compose file is refused', () => {
  test.each([
    ['an empty text', '', /compose\.yaml:1:1: the file is empty/],
    ['comments only', '# nothing\n---\n', /the file is empty/],
    ['a list', '- a', /compose\.yaml:1:1: expected a mapping with `services` or `networks`, found a list/],
    ['services as a list', 'services: [web]', /1:11: services: expected a mapping, found a list/],
    [
      'a service as a word',
      'services: {web: nginx}',
      /1:17: services\.web: expected a mapping, found "nginx"/,
    ],
    ['ports as a word', 'services: {web: {ports: 80}}', /services\.web\.ports: expected a list, found "80"/],
    ['a service with a space', 'services: {"a b": }', /1:12: service "a b": expected a name of letters/],
    ['a network with a quote', 'networks: {"a\'b": }', /1:12: network "a'b": expected a name/],
  ])('%s', (_, text, message) => {
    expect(refusal(text)).toMatch(message)
  })
})

test('keys that have nothing to do with networking are not even looked at', () => {
  const text = `
version: "3.8"
volumes: {data: {driver: [odd]}}
configs: 12
x-thing: {a: "\${UNSET:?never asked}"}
services:
  web:
    image: \${ALSO_UNSET:?never asked}
    build: {context: ., args: [1, 2]}
    environment: {PORTS: "99999:0"}
    labels: ["\${BROKEN"]
    volumes: ["./a:/a"]
    healthcheck: {test: [CMD, "true"]}
    deploy: {resources: {limits: {cpus: '0.5'}}}
    ports: ["8080:80"]
networks:
  default: {attachable: true, labels: [x], driver_opts: {some.other.key: "?"}}
`
  expect(mappings(text)).toEqual(['web#1 default 8080:80'])
  expect(read(text).notes).toEqual([])
})

test('several documents of one file are laid over one another, as Compose does', () => {
  expect(mappings('services: {a: {ports: [1]}}\n---\nservices: {a: {ports: [2]}}\n---\n')).toEqual([
    'a#1 default 1',
    'a#1 default 2',
  ])
})

test('%YAML 1.1 does not turn 22:22 into a number of seconds', () => {
  expect(mappings('%YAML 1.1\n---\nservices:\n  a:\n    ports:\n      - 22:22\n      - 1:30\n')).toEqual([
    'a#1 default 22:22',
    'a#1 default 1:30',
  ])
})

test('a byte order mark and Windows line ends are no obstacle', () => {
  expect(mappings('\u{feff}services:\r\n  a:\r\n    ports:\r\n      - "8080:80"\r\n')).toEqual([
    'a#1 default 8080:80',
  ])
})

describe('a number without quotes is the one that YAML of Compose has', () => {
  test.each([
    ['010', 8],
    ['0o10', 8],
    ['0x50', 80],
    ['0b101', 5],
    ['1_000', 1000],
    ['08', 8],
    ['80', 80],
  ])('%s is %i', (text, port) => {
    const { mappings: found } = read(`services: {web: {ports: [{target: ${text}}]}}`)
    expect(found.map(({ containerPorts }) => containerPorts.first)).toEqual([port])
  })

  test('but with quotes it is text', () => {
    expect(mappings('services: {web: {ports: ["010"]}}')).toEqual(['web#1 default 10'])
    expect(refusal('services: {web: {ports: ["0x50"]}}')).toMatch(/expected a container port/)
  })
})

describe('a key without a value is refused, with its place', () => {
  test.each([
    ['services: {web: {ports: }}', /1:18: services\.web: expected a value after `ports`/],
    ['services: {web: {networks: ~}}', /1:18: services\.web: expected a value after `networks`/],
    ['services: {web: }', /1:12: services\.web: expected a mapping, found nothing/],
    ['services: {web: {ports: [{target: 80, published: null}]}}', /expected a value after `published`/],
    [
      'services: {web: {networks: [n]}}\nnetworks: {n: {internal: }}',
      /2:16: networks\.n: expected a value after `internal`/,
    ],
    ['services:', /1:1: the file: expected a value after `services`/],
  ])('%s', (text, message) => {
    expect(refusal(text)).toMatch(message)
  })
})

describe('keys that no Compose file has', () => {
  test.each([
    ['port: ["80:80"]', 'services.web: the key "port" is unknown and has no effect: did you mean "ports"?'],
    [
      'network: [a]',
      'services.web: the key "network" is unknown and has no effect: did you mean "networks"?',
    ],
    ['Ports: ["80:80"]', 'services.web: the key "Ports" is unknown and has no effect: did you mean "ports"?'],
    ['something_else: 1', 'services.web: the key "something_else" is unknown and has no effect'],
  ])('%s at a service is noted', (line, note) => {
    expect(notes(`services:\n  web:\n    ${line}`)).toEqual([`3:5 ${note}`])
  })

  test.each([
    [
      'network: {}\nservices: {web: {}}',
      '1:1 the key "network" is unknown and has no effect: did you mean "networks"?',
    ],
    [
      'services: {web: {}}\nnetworks: {n: {internl: true}}',
      '2:16 networks.n: the key "internl" is unknown and has no effect: did you mean "internal"?',
    ],
    [
      'services: {web: {}}\nnetworks: {n: {ipam: {confg: []}}}',
      '2:23 networks.n.ipam: the key "confg" is unknown and has no effect: did you mean "config"?',
    ],
    [
      'services: {web: {}}\nnetworks: {n: {external: true, foo: 1}}',
      '2:32 networks.n: the key "foo" is unknown and has no effect',
    ],
  ])('%s is noted', (text, note) => {
    expect(notes(text)).toEqual([note])
  })

  test('x- keys are free', () => {
    expect(notes('x-a: 1\nservices: {web: {x-b: 1}}\nnetworks: {n: {x-c: 1, ipam: {x-d: 1}}}')).toEqual([])
  })
})

describe('a file without services is refused', () => {
  test.each([
    [
      'web:\n  image: x\n  ports: ["80:80"]',
      /^IntentError compose\.yaml:1:1: .* it is written in version 1 of the format/,
    ],
    [
      'apiVersion: v1\nkind: Pod',
      /^IntentError compose\.yaml:1:1: the file has no `services`: it is no Compose file/,
    ],
    ['networks: {n: }', /it is no Compose file, or only a part of one/],
  ])('%s', (text, message) => {
    expect(refusal(text)).toMatch(message)
  })

  test('but one whose services come from elsewhere, or that has none yet, is read', () => {
    expect(read('services: {}').endpoints).toEqual([])
    const load = () => ({ text: 'services: {a: {}}', source: 'a.yaml' })
    expect(read('include: [a.yaml]', { load }).endpoints).toHaveLength(1)
  })
})
