// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose look like this.
import { type Case, one, web } from '../case.ts'

const port = (host: number | string): string => web(`ports: ["${host}:80"]`)
const names = [
  'foo',
  'Foo',
  'foo-bar',
  'foo_bar',
  'foo.bar',
  '_foo',
  '-foo',
  'a b',
  'ä',
  '1a',
  '',
  '...',
  'A'.repeat(70),
  'a'.repeat(70),
  '${N}',
  '${EMPTY}',
  'null',
  'FOO BAR',
]
const profiled = 'services: {a: {image: x, profiles: [a]}, b: {image: x, profiles: [b, c]}, d: {image: x}}\n'
const file = (name: string): readonly [string, string] => [name, port(1)]

/** Cases about the folders of the files and of the program's start. */
const found: readonly Case[] = [
  ...[
    'compose.yaml',
    'compose.yml',
    'docker-compose.yaml',
    'docker-compose.yml',
    'Compose.yaml',
    'stack.yaml',
  ].map((name): Case => ({ name: `found: ${name}`, files: Object.fromEntries([file(name)]) })),
  ...[
    'compose.override.yaml',
    'compose.override.yml',
    'docker-compose.override.yaml',
    'docker-compose.override.yml',
    'override.yaml',
  ].flatMap((name) =>
    ['compose.yaml', 'docker-compose.yml'].map(
      (first): Case => ({
        name: `found: ${first} with ${name}`,
        files: { [first]: port(1), [name]: port(2) },
      }),
    ),
  ),
  one('found: two overrides', port(1), {
    files: { 'compose.override.yml': port(2), 'compose.override.yaml': port(3) },
  }),
  one('found: two overrides, one of the old name', port(1), {
    files: { 'docker-compose.override.yml': port(2), 'compose.override.yaml': port(3) },
  }),
  one('found: two files', port(1), { files: { 'docker-compose.yml': port(2) } }),
  one('found: no override with -f', port(1), {
    files: { 'compose.override.yaml': port(2) },
    words: ['-f', 'compose.yaml'],
  }),
  one('found: no override with COMPOSE_FILE', port(1), {
    files: { 'compose.override.yaml': port(2) },
    environment: { COMPOSE_FILE: 'compose.yaml' },
  }),
  one('found: in a parent folder', port(1), { folder: 'deep/er' }),
  one('found: in a parent folder with override', port(1), {
    folder: 'deep/er',
    files: { 'compose.override.yaml': port(2), 'deep/compose.override.yaml': port(3) },
  }),
  one('found: the nearest', port(1), { folder: 'deep/er', files: { 'deep/compose.yaml': port(2) } }),
  one('found: .env beside the file', port('$P'), {
    folder: 'deep/er',
    files: { '.env': 'P=5', 'deep/er/.env': 'P=6' },
  }),
  one('found: only .env here', port('${P:-7}'), { folder: 'deep/er', files: { 'deep/er/.env': 'P=6' } }),
  one('-f: .env beside the first file', port('$P'), {
    folder: 'deep',
    files: { '.env': 'P=5', 'deep/.env': 'P=6', 'deep/second.yaml': port(9) },
    words: ['-f', '../compose.yaml', '-f', 'second.yaml'],
  }),
  one('-f: a file that is not there', port(1), { words: ['-f', 'none.yaml'] }),
  one('-f: a folder', port(1), { words: ['-f', '.'] }),
  { name: 'found: nothing', files: { readme: '' } },
  one('project directory: names the project', port(1), {
    files: { 'deep/x': '' },
    words: ['-f', 'compose.yaml', '--project-directory', 'deep'],
  }),
  one('project directory: has .env', port('$P'), {
    files: { 'deep/.env': 'P=6', '.env': 'P=5' },
    words: ['-f', 'compose.yaml', '--project-directory', 'deep'],
  }),
  one('project directory: is where paths start', 'include: [i.yaml]\n', {
    files: { 'deep/i.yaml': port(2), 'i.yaml': port(3) },
    words: ['-f', 'compose.yaml', '--project-directory', 'deep'],
  }),
  one('project directory: is searched', port(1), {
    files: { 'deep/compose.yaml': port(2) },
    words: ['--project-directory', 'deep'],
  }),
  one('project directory: its parents are searched', port(1), {
    files: { 'deep/x': '' },
    words: ['--project-directory', 'deep'],
  }),
]

const compose: readonly Case[] = [
  one('COMPOSE_FILE: one', port(1), {
    files: { 'b.yaml': port(2) },
    environment: { COMPOSE_FILE: 'b.yaml' },
  }),
  one('COMPOSE_FILE: two', port(1), {
    files: { 'b.yaml': port(2) },
    environment: { COMPOSE_FILE: 'compose.yaml:b.yaml' },
  }),
  one('COMPOSE_FILE: another separator', port(1), {
    files: { 'b.yaml': port(2) },
    environment: { COMPOSE_FILE: 'compose.yaml,b.yaml', COMPOSE_PATH_SEPARATOR: ',' },
  }),
  one('COMPOSE_FILE: a separator of several letters', port(1), {
    files: { 'b.yaml': port(2) },
    environment: { COMPOSE_FILE: 'compose.yaml::b.yaml', COMPOSE_PATH_SEPARATOR: '::' },
  }),
  one('COMPOSE_FILE: empty', port(1), { environment: { COMPOSE_FILE: '' } }),
  one('COMPOSE_FILE: -f wins', port(1), {
    files: { 'b.yaml': port(2) },
    environment: { COMPOSE_FILE: 'b.yaml' },
    words: ['-f', 'compose.yaml'],
  }),
  one('COMPOSE_FILE: in .env', port(1), { files: { 'b.yaml': port(2), '.env': 'COMPOSE_FILE=b.yaml' } }),
  one('COMPOSE_FILE: in .env, elsewhere', port(1), {
    files: { 'deep/b.yaml': port('2$P'), '.env': 'COMPOSE_FILE=deep/b.yaml', 'deep/.env': 'P=3' },
  }),
  one('COMPOSE_FILE: in .env, elsewhere, both set it', port(1), {
    files: { 'deep/b.yaml': port('2$P'), '.env': 'COMPOSE_FILE=deep/b.yaml\nP=4', 'deep/.env': 'P=3' },
  }),
  one('COMPOSE_FILE: in .env with a separator', port(1), {
    files: { 'b.yaml': port(2), '.env': 'COMPOSE_FILE=compose.yaml,b.yaml\nCOMPOSE_PATH_SEPARATOR=,' },
  }),
  one('COMPOSE_FILE: in .env with -f', port(1), {
    files: { 'b.yaml': port(2), '.env': 'COMPOSE_FILE=b.yaml' },
    words: ['-f', 'compose.yaml'],
  }),
  one('COMPOSE_FILE: in a file of --env-file', port(1), {
    files: { 'b.yaml': port(2), 'a.env': 'COMPOSE_FILE=b.yaml' },
    words: ['--env-file', 'a.env'],
  }),
  one('COMPOSE_FILE: not there', port(1), { environment: { COMPOSE_FILE: 'none.yaml' } }),
  one('COMPOSE_FILE: with --project-directory', port(1), {
    files: { 'deep/b.yaml': port(2), 'b.yaml': port(3) },
    environment: { COMPOSE_FILE: 'b.yaml' },
    words: ['--project-directory', 'deep'],
  }),
  one('COMPOSE_PROJECT_NAME: in the environment', `name: other\n${port(1)}`, {
    environment: { COMPOSE_PROJECT_NAME: 'mine' },
  }),
  one('COMPOSE_PROJECT_NAME: in .env', `name: other\n${port(1)}`, {
    files: { '.env': 'COMPOSE_PROJECT_NAME=mine' },
  }),
  one('COMPOSE_PROJECT_NAME: empty', port(1), { environment: { COMPOSE_PROJECT_NAME: '' } }),
  one('COMPOSE_PROJECT_NAME: -p wins', port(1), {
    environment: { COMPOSE_PROJECT_NAME: 'mine' },
    words: ['-p', 'yours'],
  }),
  one(
    'COMPOSE_PROJECT_NAME: in the file',
    'services: {web: {image: x, networks: ["n${COMPOSE_PROJECT_NAME}"]}}\nnetworks: {nshop: }\n',
  ),
  one('COMPOSE_PROFILES: one', profiled, { environment: { COMPOSE_PROFILES: 'a' } }),
  one('COMPOSE_PROFILES: two', profiled, { environment: { COMPOSE_PROFILES: 'a,c' } }),
  one('COMPOSE_PROFILES: with spaces', profiled, { environment: { COMPOSE_PROFILES: ' a , c ' } }),
  one('COMPOSE_PROFILES: all', profiled, { environment: { COMPOSE_PROFILES: '*' } }),
  one('COMPOSE_PROFILES: empty over .env', profiled, {
    environment: { COMPOSE_PROFILES: '' },
    files: { '.env': 'COMPOSE_PROFILES=a' },
  }),
  one('COMPOSE_PROFILES: in .env', profiled, { files: { '.env': 'COMPOSE_PROFILES=a' } }),
  one('COMPOSE_PROFILES: in .env, with --profile', profiled, {
    files: { '.env': 'COMPOSE_PROFILES=a' },
    words: ['--profile', 'b'],
  }),
  one('COMPOSE_PROFILES: with --profile', profiled, {
    environment: { COMPOSE_PROFILES: 'a' },
    words: ['--profile', 'b'],
  }),
  one('COMPOSE_PROFILES: in a file of --env-file', profiled, {
    files: { 'a.env': 'COMPOSE_PROFILES=a' },
    words: ['--env-file', 'a.env'],
  }),
  one('profiles: none asked for', profiled),
  one('profiles: two', profiled, { words: ['--profile', 'a', '--profile', 'c'] }),
  one('profiles: with a comma', profiled, { words: ['--profile', 'a,b'] }),
  one('profiles: all', profiled, { words: ['--profile', '*'] }),
  one('profiles: an empty list', 'services: {a: {image: x, profiles: []}}\n'),
  one('profiles: a text', 'services: {a: {image: x, profiles: p}}\n'),
  one('profiles: null', 'services: {a: {image: x, profiles: null}}\n'),
  one(
    'profiles: a network_mode of one that is off',
    'services: {a: {image: x, profiles: [a]}, b: {image: x, network_mode: "service:a"}}\n',
  ),
  one(
    'profiles: depends on one that is off',
    'services: {a: {image: x, profiles: [a]}, b: {image: x, depends_on: [a]}}\n',
  ),
]

export const projectCases: readonly Case[] = [
  ...names.map((name) =>
    one(`name: ${name.slice(0, 9)} (${name.length})`, `name: "${name}"\n${port(1)}`, {
      environment: { N: 'from-variable', EMPTY: '' },
    }),
  ),
  ...names
    .slice(0, 10)
    .filter((name) => !name.startsWith('-'))
    .map((name) => one(`-p: ${name}`, port(1), { words: ['-p', name] })),
  ...names
    .slice(0, 10)
    .map((name) =>
      one(`COMPOSE_PROJECT_NAME: ${name}`, port(1), { environment: { COMPOSE_PROJECT_NAME: name } }),
    ),
  ...['Sub', 'a b', '_x', '1', '___', 'ä', 'A.b'].map(
    (folder): Case => ({
      name: `folder: ${folder}`,
      folder,
      files: { [`${folder}/compose.yaml`]: port(1) },
    }),
  ),
  one('name: a number', `name: 12\n${port(1)}`),
  one('name: null', `name: null\n${port(1)}`),
  one('name: a list', `name: [a]\n${port(1)}`),
  ...found,
  ...compose,
]
