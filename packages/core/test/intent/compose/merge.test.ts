// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose look like this.
import { describe, expect, test } from '@jest/globals'
import { type ComposeFile, type Intent, readComposeFiles } from '@portolan/core'
import { inWords } from './read.ts'

const files = (...texts: readonly string[]): Intent =>
  readComposeFiles(
    texts.map((text, index) => ({ text, source: `${index + 1}.yaml` })),
    { project: 'shop' },
  )
const ports = (...texts: readonly string[]): readonly string[] => files(...texts).mappings.map(inWords)

describe('a later file is laid over an earlier one', () => {
  test('ports are appended, and those said twice are one', () => {
    expect(
      ports(
        'services: {a: {ports: ["80:80", "81:81"]}}',
        'services: {a: {ports: ["81:81", {target: 80, published: "80"}, "82:82"]}}',
      ),
    ).toEqual(['a#1 default 80:80', 'a#1 default 81:81', 'a#1 default 82:82'])
  })

  test('of a port said twice the last stands, with what it says besides', () => {
    const { mappings } = files(
      'services: {a: {ports: ["80:80"]}}',
      'services: {a: {ports: [{target: 80, published: 80, x-portolan: {allow_from: [10.0.0.0/8]}}]}}',
    )
    expect(mappings).toMatchObject([{ allowFrom: ['10.0.0.0/8'], place: { source: '2.yaml' } }])
  })

  test('a port of a later file replaces all that earlier files say of it, by whatever interface', () => {
    const at = (name: string) => `{target: 80, published: 80, x-portolan: {interface: ${name}}}`
    const entries = (...names: readonly string[]) => `services: {a: {ports: [${names.map(at).join(', ')}]}}`
    const interfaces = (...texts: readonly string[]) =>
      files(...texts).mappings.map((mapping) => mapping.interface)
    expect(interfaces(entries('eth0', 'eth1'))).toEqual(['eth0', 'eth1'])
    expect(interfaces(entries('eth0', 'eth1'), entries('eth2', 'eth3'))).toEqual(['eth2', 'eth3'])
    expect(interfaces(entries('eth0'), entries('eth1'), entries('eth2', 'eth0'))).toEqual(['eth2', 'eth0'])
  })

  test('services and networks are added, and their settings merged', () => {
    const { networks, endpoints } = files(
      'services: {a: {networks: [x]}}\nnetworks: {x: {internal: true, driver_opts: {com.docker.network.driver.mtu: 1400}}}',
      'services: {a: {networks: {y: {ipv4_address: 10.0.0.9}}}, b: {networks: [x]}}\nnetworks: {x: {driver_opts: {com.docker.network.bridge.enable_icc: "false"}}, y: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}',
    )
    expect(networks).toMatchObject([
      { name: 'x', internal: true, mtu: 1400, icc: false },
      { name: 'y', ip: { subnet: '10.0.0.0/24' } },
    ])
    expect(endpoints.map(({ service, network, ip }) => [service, network, ip])).toEqual([
      ['a', 'x', null],
      ['a', 'y', '10.0.0.9'],
      ['b', 'x', null],
    ])
  })

  test('a subnet said again is one subnet with more settings', () => {
    const { networks } = files(
      'services: {a: {networks: [x]}}\nnetworks: {x: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}',
      'networks: {x: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.9}]}}}',
    )
    expect(networks).toMatchObject([{ ip: { subnet: '10.0.0.0/24', gateway: '10.0.0.9' } }])
  })

  test('other subnets replace those of an earlier file', () => {
    const { networks } = files(
      'services: {a: {networks: [x]}}\nnetworks: {x: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}',
      'networks: {x: {ipam: {config: [{subnet: 10.1.0.0/24}]}}}',
    )
    expect(networks).toMatchObject([{ ip: { subnet: '10.1.0.0/24' } }])
  })

  test('a key without a value takes nothing away', () => {
    expect(ports('services: {a: {ports: [80]}}', 'services: {a: {ports: }}')).toEqual(['a#1 default 80'])
  })

  test('!reset takes away, and a third file may say it anew', () => {
    const base = 'services: {a: {ports: ["80:80"], network_mode: host}, b: {ports: [1]}}'
    const reset = 'services: {a: {ports: !reset [], network_mode: !reset null}, b: !reset {}}'
    expect(
      files(base.replace('ports: ["80:80"], ', ''), reset).endpoints.map(({ service }) => service),
    ).toEqual(['a'])
    expect(ports(base, reset)).toEqual([])
    expect(ports(base, reset, 'services: {a: {ports: ["90:90"]}}')).toEqual(['a#1 default 90:90'])
  })

  test('!override replaces instead of appending', () => {
    expect(
      ports('services: {a: {ports: ["80:80", "81:81"]}}', 'services: {a: {ports: !override ["90:90"]}}'),
    ).toEqual(['a#1 default 90:90'])
  })

  test('the last name names the project', () => {
    const named = ['name: a\nservices: {}', 'name: b'].map((text, index) => ({ text, source: `${index}` }))
    expect(readComposeFiles(named).project).toBe('b')
  })

  test('an error names the file it is in', () => {
    expect(() => files('services: {a: {ports: [80]}}', 'services:\n  a: {ports: [0]}')).toThrow(
      /^2\.yaml:2:15: /,
    )
  })
})

describe('extends', () => {
  test('brings in another service of the file, which the service is laid over', () => {
    const text = `
services:
  base: {ports: ["80:80"], networks: {x: {priority: 1}}}
  a: {extends: base, ports: ["81:81"]}
  b: {extends: {service: a}, networks: [y], ports: !override ["82:82"]}
networks: {x: , y: }
`
    expect(ports(text)).toEqual(['base#1 x 80:80', 'a#1 x 80:80', 'a#1 x 81:81', 'b#1 x 82:82'])
    expect(
      files(text)
        .endpoints.filter(({ service }) => service === 'b')
        .map(({ network }) => network),
    ).toEqual(['x', 'y'])
  })

  test('replaces what the other service says of the same port', () => {
    const { mappings } = files(`services:
  base: {ports: ["80:80"]}
  a: {extends: base, ports: [{target: 80, published: 80, x-portolan: {allow_from: [10.0.0.0/8]}}]}`)
    expect(mappings.map(({ service, allowFrom }) => [service, allowFrom])).toEqual([
      ['base', null],
      ['a', ['10.0.0.0/8']],
    ])
  })

  test('finds a service of an earlier file', () => {
    expect(ports('services: {base: {ports: [80]}}', 'services: {a: {extends: base}}')).toEqual([
      'base#1 default 80',
      'a#1 default 80',
    ])
  })

  test.each([
    ['itself', 'services: {a: {extends: a}}', /1:25: services\.a\.extends: no other service is called "a"/],
    ['itself in the end', 'services: {a: {extends: b}, b: {extends: a}}', /extends itself in the end/],
    ['a service that is not there', 'services: {a: {extends: none}}', /no other service is called "none"/],
    ['without a service', 'services: {a: {extends: {}}}', /expected a `service`/],
    [
      'another file',
      'services: {a: {extends: {service: b, file: other.yaml}}}',
      /1:44: services\.a\.extends\.file: "other\.yaml" is another file, and nothing here reads files/,
    ],
  ])('refuses to extend %s', (_, text, message) => {
    expect(() => files(text)).toThrow(message)
  })
})

describe('other files, when the caller can read them', () => {
  const disk: Readonly<Record<string, string>> = {
    'base.yaml': 'services: {base: {extends: deep, ports: ["80:80"]}, deep: {networks: [n]}}',
    'db.yaml': 'services: {db: {ports: ["${PORT:-5432}:5432"]}}\nnetworks: {n: }',
    'db.local.yaml': 'services: {db: {ports: !override ["1:5432"]}}',
    'two.yaml': 'services: {a: {ports: [1]}}\n---\nservices: {a: {ports: [2]}, b: {ports: [3]}}',
    'loop.yaml': 'include: [loop.yaml]\nservices: {}',
  }
  const asked: string[] = []
  const load = (path: string, from: string): ComposeFile => {
    asked.push(`${from} -> ${path}`)
    return { text: disk[path] ?? '', source: path }
  }
  const loaded = (text: string): readonly string[] =>
    readComposeFiles([{ text, source: 'main.yaml' }], { load, project: 'shop' }).mappings.map(inWords)

  test('extends reads a service of another file, with what that one extends', () => {
    expect(loaded('services: {a: {extends: {file: base.yaml, service: base}}}\nnetworks: {n: }')).toEqual([
      'a#1 n 80:80',
    ])
    expect(asked).toContain('main.yaml -> base.yaml')
  })

  test('extends reads a service of every document of another file, laid over one another', () => {
    const from = (service: string): readonly string[] =>
      loaded(`services: {x: {extends: {file: two.yaml, service: ${service}}}}`)
    expect(from('a')).toEqual(['x#1 default 1', 'x#1 default 2'])
    expect(from('b')).toEqual(['x#1 default 3'])
  })

  test('extends of a service that another file does not have names that file', () => {
    expect(() => loaded('services: {x: {extends: {file: two.yaml, service: c}}}')).toThrow(
      /^main\.yaml:1:51: services\.x\.extends: no service is called "c" in two\.yaml$/,
    )
  })

  test('include brings in services and networks, from one file or from several laid over one another', () => {
    expect(loaded('include: [db.yaml]\nservices: {a: {ports: [80], networks: [n]}}')).toEqual([
      'a#1 n 80',
      'db#1 default 5432:5432',
    ])
    expect(loaded('include: [{path: [db.yaml, db.local.yaml]}]')).toEqual(['db#1 default 1:5432'])
  })

  test.each([
    [
      'what is defined twice',
      'include: [db.yaml]\nservices:\n  db: {}',
      /main\.yaml:3:3: services\.db is defined here and in db\.yaml, which is included/,
    ],
    [
      'a file that includes itself',
      'include: [loop.yaml]',
      /loop\.yaml:1:11: include\[0\]: loop\.yaml includes itself in the end/,
    ],
    ['an empty file', 'include: [nothing.yaml]', /nothing\.yaml:1:1: the file is empty/],
    [
      'variables of its own',
      'include: [{path: db.yaml, env_file: x.env}]',
      /main\.yaml:1:37: include\[0\]: `env_file` is not supported/,
    ],
  ])('include refuses %s', (_, text, message) => {
    expect(() => loaded(text)).toThrow(message)
  })

  test('without a way to read files include is refused by name', () => {
    expect(() => files('include:\n  - db.yaml\n')).toThrow(
      /^1\.yaml:2:5: include\[0\]: "db\.yaml" is another file/,
    )
  })
})

describe('files that bring in more and more', () => {
  const withDisk = (disk: (path: string) => string): (() => Intent) => {
    const load = (path: string): ComposeFile => ({ text: disk(path), source: path })
    return () => readComposeFiles([{ text: 'include: ["1"]\nservices: {}', source: 'main.yaml' }], { load })
  }

  test('twice as many at each level are refused, soon', () => {
    const read = withDisk((path) => `include: ["${Number(path) + 1}", "${Number(path) + 1}"]`)
    expect(read).toThrow(/include\[\d\]: (files include others more than 50 deep|more than 1000 files)/)
    const shallow = withDisk((path) =>
      Number(path) < 40 ? `include: ["${Number(path) + 1}", "${Number(path) + 1}"]` : 'services: {a: {}}',
    )
    expect(shallow).toThrow(/more than 1000 files are included/)
  })

  test('and so are files that are longer together than is read', () => {
    const filler = `# ${'x'.repeat(9 * 2 ** 20)}\n`
    const read = withDisk((path) => `${filler}include: ["${Number(path) + 1}"]`)
    expect(read).toThrow(/exceeds the limit for other files: at most 1000 files and 32 MiB/)
  })
})

describe('an included file', () => {
  const load = (path: string): ComposeFile => ({ text: disk[path] ?? '', source: path })
  const disk: Readonly<Record<string, string>> = {
    'sub/a.yaml': 'services: {a: {ports: ["${A:-1}:1", "${B:-2}:2"]}}',
    'sub/.env': 'A=10\nodd-name=1\n',
    'b.env': 'B=20\n',
  }
  const read = (include: string, dotenv: Record<string, string> = {}): Intent =>
    readComposeFiles(
      [{ text: `include: [${include}]\nservices: {m: {ports: ["\${A:-5}:5"]}}`, source: 'main.yaml' }],
      {
        dotenv,
        load,
        loadVariables: (path, _, folder) => {
          const name = folder === '' ? path : `${folder}/${path}`
          const text = disk[name]
          return text === undefined ? null : { text, source: name }
        },
      },
    )
  const hostPorts = (...words: Parameters<typeof read>): readonly unknown[] =>
    read(...words).mappings.map(({ hostPorts: ports }) => ports?.first)

  test('has the variables of the .env beside it, and nothing else has them', () => {
    expect(hostPorts('sub/a.yaml')).toEqual([5, 10, 2])
    expect(read('sub/a.yaml').notes).toMatchObject([
      {
        text: expect.stringContaining('"odd-name" is no name of a variable'),
        place: { source: 'sub/.env', line: 2 },
      },
    ])
  })

  test('has those of env_file instead, where it is named', () => {
    expect(hostPorts('{path: sub/a.yaml, env_file: b.env}')).toEqual([5, 1, 20])
    expect(() => read('{path: sub/a.yaml, env_file: none.env}')).toThrow(
      /main\.yaml:1:40: .*there is no file none\.env/,
    )
  })

  test("has the project's before its own", () => {
    expect(hostPorts('sub/a.yaml', { A: '7' })).toEqual([7, 7, 2])
  })

  test('starts its paths from project_directory', () => {
    expect(hostPorts('{path: sub/a.yaml, project_directory: .}')).toEqual([5, 1, 2])
  })
})
