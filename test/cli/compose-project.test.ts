import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { quietHost } from './host-facts.ts'
import { portolan, type Setting } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const service = (hostPort: string, name = 'web') => `services: {${name}: {ports: ["${hostPort}:80"]}}\n`
const folder = temporaryFolder({
  'host.json': quietHost,
  'shop/compose.yaml': service('8001'),
  'shop/compose.override.yml': service('9001', 'admin'),
  'shop/deep/er/readme': 'started from here',
  'shop/other.yaml': service(`\${PORT:-7000}`, 'other'),
  'shop/test.env': 'PORT=7001\n',
  'shop/listed.env': 'COMPOSE_FILE=gone.yaml\n',
  'including/compose.yaml':
    'include: [sub/a.yaml]\nservices: {b: {extends: {file: sub/b.yaml, service: b}}}\n',
  'including/sub/a.yaml': service(`\${PORT:-7000}`, 'a'),
  'including/sub/b.yaml': service('7200', 'b'),
  'including/sub/.env': 'PORT=7100\n',
  'circle/compose.yaml': 'include: [a.yaml]\n',
  'circle/a.yaml': 'include:\n  - compose.yaml\n',
  'pipes/compose.yaml': 'include: [pipe.yaml]\n',
  'pipes/extends.yaml': 'services: {a: {extends: {file: pipe.yaml, service: a}}}\n',
  'pipes/variables.yaml': 'include: [{path: ok.yaml, env_file: pipe.yaml}]\n',
  'pipes/ok.yaml': service('1', 'ok'),
  'absent/compose.yaml': 'include:\n  - none.yaml\n',
  'remote/compose.yaml': 'include: ["https://example.com/a.yaml"]\n',
})
for (const name of ['pipes/pipe.yaml']) execFileSync('mkfifo', [join(folder, name)])

/** The host ports and the project of a plan with these arguments. */
const planned = async (words: readonly string[], setting: Partial<Setting> = {}) => {
  const { stdout } = await portolan(['plan', '--host', `${folder}/host.json`, '--json', ...words], {
    folder,
    ...setting,
  })
  const { project, mappings, error } = JSON.parse(stdout)
  return error ?? { project, ports: mappings.map(({ hostPort }: { hostPort: number }) => hostPort) }
}
const shop = `${folder}/shop`

describe('without -f', () => {
  test('the override file beside the file found is laid over it, from a folder below too', async () => {
    expect(await planned([], { folder: shop })).toEqual({ project: 'shop', ports: [8001, 9001] })
    expect(await planned([], { folder: `${shop}/deep/er` })).toEqual({ project: 'shop', ports: [8001, 9001] })
  })

  test('COMPOSE_FILE names the files', async () => {
    const environment = { COMPOSE_FILE: 'compose.yaml:other.yaml' }
    expect(await planned([], { folder: shop, environment })).toEqual({ project: 'shop', ports: [8001, 7000] })
  })

  test('destroy finds the project that plan finds', async () => {
    const { stderr, code } = await portolan(['destroy', '--yes', '--state', 'state'], {
      folder: `${shop}/deep/er`,
      under: ['unshare', '--net'],
    })
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('project shop has nothing'),
    })
  })
})

test('--env-file and COMPOSE_ENV_FILES say where variables come from', async () => {
  const words = ['-f', 'other.yaml']
  expect(await planned([...words, '--env-file', 'test.env'], { folder: shop })).toMatchObject({
    ports: [7001],
  })
  const environment = { COMPOSE_ENV_FILES: 'test.env' }
  expect(await planned(words, { folder: shop, environment })).toMatchObject({ ports: [7001] })
})

test('a file of variables that is not there is an error of Portolan, not of Node', async () => {
  const error = await planned(['-f', 'other.yaml', '--env-file', 'none.env'], { folder: shop })
  expect(error).toMatchObject({
    code: 'INVALID_REQUEST',
    message: expect.stringContaining('none.env could not be read'),
  })
})

test.each<[string, Readonly<Record<string, string>>, readonly string[], string]>([
  [
    'COMPOSE_FILE',
    { COMPOSE_FILE: 'compose.yaml:gone.yaml' },
    [],
    'gone.yaml could not be read: there is no such file. COMPOSE_FILE names it, and it was looked for in',
  ],
  [
    'COMPOSE_ENV_FILES',
    { COMPOSE_ENV_FILES: 'gone.env' },
    [],
    'gone.env could not be read: there is no such file. COMPOSE_ENV_FILES names it',
  ],
  ['--env-file', {}, ['--env-file', 'gone.env'], 'there is no such file. --env-file names it'],
  [
    'COMPOSE_FILE in a file of variables',
    {},
    ['--env-file', 'listed.env'],
    'gone.yaml could not be read: there is no such file. COMPOSE_FILE in listed.env names it',
  ],
  ['-f of nothing', {}, ['-f', ''], '-f: expected the name of a file, found nothing.'],
])('a file that is not there is told with what names it: %s', async (_, environment, words, message) => {
  const error = await planned(words, { folder: shop, environment })
  expect(error).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining(message) })
})

test('--project-directory is where the paths start and what names the project', async () => {
  const words = ['-f', 'including/compose.yaml', '--project-directory']
  expect(await planned([...words, 'including'])).toEqual({ project: 'including', ports: [7200, 7100] })
  expect(await planned([...words, 'shop'])).toMatchObject({
    message: expect.stringMatching(
      /including\/compose\.yaml:1:11: include\[0\]: shop\/sub\/a\.yaml could not be read: there is no such file/,
    ),
  })
})

describe('include and extends', () => {
  test('read other files, with the .env beside them', async () => {
    expect(await planned([], { folder: `${folder}/including` })).toEqual({
      project: 'including',
      ports: [7200, 7100],
    })
  })

  test.each([
    ['a circle', 'circle', [], /^a\.yaml:2:5: include\[0\]: compose\.yaml includes itself in the end/],
    ['a pipe', 'pipes', [], /^compose\.yaml:1:11: include\[0\]: pipe\.yaml could not be read: /],
    [
      'a pipe to extend',
      'pipes',
      ['-f', 'extends.yaml'],
      /^extends\.yaml:1:32: .*pipe\.yaml could not be read: /,
    ],
    [
      'a pipe of variables',
      'pipes',
      ['-f', 'variables.yaml'],
      /^variables\.yaml:1:37: .*pipe\.yaml could not be read: /,
    ],
    [
      'no file',
      'absent',
      [],
      /^compose\.yaml:2:5: include\[0\]: none\.yaml could not be read: there is no such file/,
    ],
    ['another machine', 'remote', [], /^compose\.yaml:1:11: .*only local files are read/],
  ])('refuse %s, with the place', async (_, name, words, message) => {
    const error = await planned(words, { folder: join(folder, name) })
    expect(error.message).toMatch(message)
  })
})
