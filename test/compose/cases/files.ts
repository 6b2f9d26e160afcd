// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose look like this.
import { type Case, one, web } from '../case.ts'

const port = (host: number | string, more = ''): string => web(`ports: ["${host}:80"]${more}`)
const base = port(80)

/** Two files, of which the second overrides the first. */
const merged: Readonly<Record<string, readonly [string, string]>> = {
  'ports are appended': [base, port(81)],
  'ports said twice': [base, port(80)],
  'ports in two forms': [base, web('ports: [{target: 80, published: "80"}]')],
  '!reset ports': [base, 'services: {web: {ports: !reset []}}\n'],
  '!reset ports with items': [base, 'services: {web: {ports: !reset ["1:1"]}}\n'],
  '!reset ports to null': [base, 'services: {web: {ports: !reset null}}\n'],
  '!override ports': [base, 'services: {web: {ports: !override ["81:81"]}}\n'],
  '!override nothing': [web(''), 'services: {web: {ports: !override ["81:81"]}}\n'],
  '!reset a service': ['services: {a: {image: x}, web: {image: x}}\n', 'services: {a: !reset null}\n'],
  '!reset networks': [
    'services: {web: {image: x, networks: [n]}}\nnetworks: {n: }\n',
    'services: {web: {networks: !reset []}}\n',
  ],
  '!reset a network of a service': [
    'services: {web: {image: x, networks: {n: , m: }}}\nnetworks: {n: , m: }\n',
    'services: {web: {networks: {n: !reset null}}}\n',
  ],
  '!override networks': [
    'services: {web: {image: x, networks: [n]}}\nnetworks: {n: , m: }\n',
    'services: {web: {networks: !override [m]}}\n',
  ],
  'networks: list over mapping': [
    'services: {web: {image: x, networks: {n: {priority: 1}}}}\nnetworks: {n: , m: }\n',
    'services: {web: {networks: [m]}}\n',
  ],
  'networks: mapping over list': [
    'services: {web: {image: x, networks: [n]}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}\n',
    'services: {web: {networks: {n: {ipv4_address: 10.0.0.9}}}}\n',
  ],
  'network settings': [
    'services: {web: {image: x, networks: [n]}}\nnetworks: {n: {internal: true}}\n',
    'networks: {n: {enable_ipv6: true}}\n',
  ],
  'network null over settings': [
    'services: {web: {image: x, networks: [n]}}\nnetworks: {n: {internal: true}}\n',
    'networks: {n: }\n',
  ],
  'ipam config replaced': [
    'services: {web: {image: x, networks: [n]}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}\n',
    'networks: {n: {ipam: {config: [{subnet: 10.1.0.0/24}]}}}\n',
  ],
  'ipam config the same': [
    'services: {web: {image: x, networks: [n]}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}\n',
    'networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.9}]}}}\n',
  ],
  'ipam config of another family': [
    'services: {web: {image: x, networks: [n]}}\nnetworks: {n: {enable_ipv6: true, ipam: {config: [{subnet: 10.0.0.0/24}]}}}\n',
    'networks: {n: {ipam: {config: [{subnet: "fd00:1::/64"}]}}}\n',
  ],
  'a service added': [base, 'services: {db: {image: x}}\n'],
  'a service null': [base, 'services: {web: }\n'],
  'services null': [base, 'services:\n'],
  'ports null': [base, 'services: {web: {ports: null}}\n'],
  'ports empty': [base, 'services: {web: {ports: []}}\n'],
  name: [`name: a\n${base}`, 'name: b\n'],
  'name kept': [`name: a\n${base}`, 'services: {db: {image: x}}\n'],
  network_mode: [web('network_mode: host'), 'services: {web: {network_mode: none}}\n'],
  'network_mode !reset': [web('network_mode: host'), 'services: {web: {network_mode: !reset null}}\n'],
  scale: [web('scale: 2'), 'services: {web: {scale: 3}}\n'],
  profiles: [web('profiles: [a]'), 'services: {web: {profiles: [b]}}\n'],
  expose: [web('expose: [80]'), 'services: {web: {expose: [80, 81]}}\n'],
  'a list over a mapping': [
    'services: {web: {image: x, networks: {n: }}}\nnetworks: {n: }\n',
    'services: {web: {ports: {}}}\n',
  ],
  'an empty second file': [base, ''],
  'extends in the second file': [
    'services: {a: {image: x, ports: ["80:80"]}}\n',
    'services: {b: {image: x}, c: {extends: b, ports: ["81:81"]}}\n',
  ],
  'extends of the first file': [
    'services: {a: {image: x, ports: ["80:80"]}}\n',
    'services: {c: {extends: a, ports: ["81:81"]}}\n',
  ],
  'a later file does not change what was extended': [
    'services: {a: {image: x, ports: ["80:80"]}, b: {extends: a}}\n',
    'services: {a: {ports: ["81:81"]}}\n',
  ],
}

const extended: Readonly<Record<string, string>> = {
  'a service': 'services: {a: {image: x, ports: ["1:1"]}, b: {extends: a}}\n',
  'a service in a mapping':
    'services: {a: {image: x, ports: ["1:1"]}, b: {extends: {service: a}, ports: ["2:2"]}}\n',
  'a chain':
    'services: {a: {image: x, ports: ["1:1"]}, b: {extends: a, ports: ["2:2"]}, c: {extends: b, ports: ["3:3"]}}\n',
  itself: 'services: {a: {image: x, extends: a}}\n',
  'in a circle': 'services: {a: {image: x, extends: b}, b: {image: x, extends: a}}\n',
  nothing: 'services: {a: {image: x, extends: nothing}}\n',
  null: 'services: {a: {image: x, extends: null}}\n',
  networks:
    'services: {a: {image: x, networks: [n]}, b: {extends: a, networks: [m]}}\nnetworks: {n: , m: }\n',
  network_mode: 'services: {a: {image: x, network_mode: host}, b: {extends: a}}\n',
  'network_mode with networks':
    'services: {a: {image: x, network_mode: host}, b: {extends: a, networks: [n]}}\nnetworks: {n: }\n',
  'with !override': 'services: {a: {image: x, ports: ["1:1"]}, b: {extends: a, ports: !override ["2:2"]}}\n',
  'with !reset': 'services: {a: {image: x, ports: ["1:1"]}, b: {extends: a, ports: !reset []}}\n',
  profiles: 'services: {a: {image: x, profiles: [p]}, b: {extends: a}}\n',
  scale: 'services: {a: {image: x, scale: 3}, b: {extends: a}}\n',
  'a file': 'services: {b: {extends: {file: other.yaml, service: o}, ports: ["2:2"]}}\n',
  'a file of two documents': 'services: {b: {extends: {file: two.yaml, service: o}}}\n',
  'the second document of a file': 'services: {b: {extends: {file: two.yaml, service: p}}}\n',
  'a file in a folder': 'services: {b: {extends: {file: sub/s.yaml, service: s}}}\n',
  'a file that extends a file': 'services: {b: {extends: {file: sub/s.yaml, service: t}}}\n',
  'a file with variables': 'services: {b: {extends: {file: sub/s.yaml, service: v}}}\n',
  'a file named by a variable': 'services: {b: {extends: {file: "$F", service: o}}}\n',
  'a file without the service': 'services: {b: {extends: {file: other.yaml, service: none}}}\n',
  'a file that is not there': 'services: {b: {extends: {file: none.yaml, service: none}}}\n',
  'a service whose network is not here': 'services: {b: {extends: {file: other.yaml, service: n}}}\n',
  'a service whose network is here':
    'services: {b: {extends: {file: other.yaml, service: n}}}\nnetworks: {n: {internal: true}}\n',
  'a file in a circle': 'services: {b: {extends: {file: compose.yaml, service: b}}}\n',
  'a service of what a file includes': 'services: {b: {extends: {file: sub/including.yaml, service: o}}}\n',
}

const others = {
  'other.yaml': 'services: {o: {image: x, ports: ["1:1"]}, n: {image: x, networks: [n]}}\nnetworks: {n: }\n',
  'sub/s.yaml':
    'services: {s: {image: x, ports: ["5:5"]}, t: {extends: {file: deep/d.yaml, service: d}}, v: {image: x, ports: ["${P:-6}:6"]}}\n',
  'two.yaml':
    'services: {o: {image: x, ports: ["1:1"]}}\n---\nservices: {o: {ports: ["2:2"]}, p: {image: x, ports: ["3:3"]}}\n',
  'sub/.env': 'P=66\n',
  'sub/deep/d.yaml': 'services: {d: {image: x, ports: ["7:7"]}}\n',
  'sub/including.yaml': 'include: [deep/d.yaml, ../other.yaml]\nservices: {i: {image: x}}\n',
}

const included: Readonly<Record<string, string>> = {
  'a file': 'include: [other.yaml]\nservices: {a: {image: x}}\n',
  'a file only': 'include: [other.yaml]\n',
  'a text': 'include: other.yaml\n',
  'a mapping': 'include: [{path: other.yaml}]\n',
  'several paths': 'include: [{path: [other.yaml, over.yaml]}]\n',
  'a file twice': 'include: [other.yaml, other.yaml]\n',
  'a file with .env of its own': 'include: [sub/s2.yaml]\n',
  'a file with env_file': 'include: [{path: sub/s2.yaml, env_file: a.env}]\n',
  'a file with two env_files': 'include: [{path: sub/s2.yaml, env_file: [a.env, b.env]}]\n',
  'env_file that is not there': 'include: [{path: sub/s2.yaml, env_file: none.env}]\n',
  project_directory: 'include: [{path: sub/s2.yaml, project_directory: .}]\n',
  'project_directory elsewhere': 'include: [{path: sub/including.yaml, project_directory: sub}]\n',
  'a file that includes': 'include: [sub/including.yaml]\n',
  'a file that extends a file': 'include: [sub/extending.yaml]\n',
  'a clash of services': 'include: [other.yaml]\nservices: {o: {image: y}}\n',
  'a clash of networks': 'include: [other.yaml]\nnetworks: {n: {internal: true}}\n',
  'the same network': 'include: [other.yaml]\nnetworks: {n: }\n',
  itself: 'include: [compose.yaml]\nservices: {a: {image: x}}\n',
  'a file that is not there': 'include: [none.yaml]\n',
  nothing: 'include: []\nservices: {a: {image: x}}\n',
  null: 'include:\nservices: {a: {image: x}}\n',
  'a folder': 'include: [sub]\n',
  'a variable': 'include: ["$F"]\n',
  'a network of the including file': 'include: [needs.yaml]\nnetworks: {outer: }\n',
  'a name': 'include: [named.yaml]\n',
  profiles: 'include: [profiled.yaml]\n',
}

const includedFiles = {
  ...others,
  'over.yaml': 'services: {o: {ports: ["9:9"]}}\n',
  'a.env': 'P=41\n',
  'b.env': 'P=42\nQ=$P\n',
  'sub/s2.yaml': 'services: {s: {image: x, ports: ["${P:-6}:6"]}}\n',
  'sub/extending.yaml': 'services: {e: {extends: {file: deep/d.yaml, service: d}}}\n',
  'needs.yaml': 'services: {needy: {image: x, networks: [outer]}}\n',
  'named.yaml': 'name: other\nservices: {o: {image: x}}\n',
  'profiled.yaml': 'services: {o: {image: x, profiles: [p]}, q: {image: x, profiles: [q]}, r: {image: x}}\n',
}

export const fileCases: readonly Case[] = [
  ...Object.entries(merged).map(([name, [first, second]]) => ({
    name: `merge: ${name}`,
    files: { 'compose.yaml': first, 'second.yaml': second },
    words: ['-f', 'compose.yaml', '-f', 'second.yaml'],
  })),
  ...Object.entries(extended).map(([name, text]) =>
    one(`extends: ${name}`, text, { files: others, environment: { F: 'other.yaml' } }),
  ),
  ...Object.entries(included).map(([name, text]) =>
    one(`include: ${name}`, text, { files: includedFiles, environment: { F: 'other.yaml' } }),
  ),
  one('include: the variables of the project win', 'include: [sub/s2.yaml]\n', {
    files: { ...includedFiles, '.env': 'P=43\n' },
  }),
  one(
    'include: the variables of the project win over env_file',
    'include: [{path: sub/s2.yaml, env_file: a.env}]\n',
    { files: { ...includedFiles, '.env': 'P=43\n' } },
  ),
  one(
    'include: variables of an included file are its own',
    'include: [sub/s2.yaml]\nservices: {a: {image: x, ports: ["${P:-7}:7"]}}\n',
    { files: includedFiles },
  ),
  one('include: an override of what is included', 'include: [other.yaml]\n', {
    files: { ...others, 'second.yaml': 'services: {o: {ports: ["70:70"]}}\n' },
    words: ['-f', 'compose.yaml', '-f', 'second.yaml'],
  }),
  one('include: in the second file', base, {
    files: { ...others, 'sub/second.yaml': 'include: [other.yaml]\n' },
    words: ['-f', 'compose.yaml', '-f', 'sub/second.yaml'],
  }),
  one('include: in the second file, beside that', base, {
    files: { ...others, 'sub/second.yaml': 'include: [s.yaml]\n' },
    words: ['-f', 'compose.yaml', '-f', 'sub/second.yaml'],
  }),
  one('extends: a file in the second file', base, {
    files: { ...others, 'sub/second.yaml': 'services: {b: {extends: {file: other.yaml, service: o}}}\n' },
    words: ['-f', 'compose.yaml', '-f', 'sub/second.yaml'],
  }),
]
