import { describe, expect, test } from '@jest/globals'
import { quietHost } from './host-facts.ts'
import { portolan, type Setting } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const service = (hostPort: string, name = 'web') => `services: {${name}: {ports: ["${hostPort}:80"]}}\n`
const folder = temporaryFolder({
  'host.json': quietHost,
  'both/compose.yaml': service('8001'),
  'both/docker-compose.yml': service('8002'),
  'yml/compose.yml': service('8003'),
  'old/docker-compose.yaml': service('8004'),
  'older/docker-compose.yml': service('8005'),
  'none/readme': 'no Compose file here',
  'shop/compose.yaml': `name: named\n${service('8080')}`,
  'shop/override.yaml': service('9090', 'admin'),
  'variables/compose.yaml': service(`\${PORT:-1111}`),
  'variables/.env': 'PORT=2222\n',
  'profiles/compose.yaml':
    'services:\n  web: {ports: ["80:80"]}\n  debug: {profiles: [debug], ports: ["9229:9229"]}\n',
})

/** The host ports and the project of a plan with these arguments. */
const planned = async (words: readonly string[], setting: Partial<Setting> = {}) => {
  const outcome = await portolan(['plan', '--host', `${folder}/host.json`, '--json', ...words], {
    folder,
    ...setting,
  })
  const { project, mappings, error } = JSON.parse(outcome.stdout)
  return error ?? { project, ports: mappings.map(({ hostPort }: { hostPort: number }) => hostPort) }
}

describe('the file', () => {
  test.concurrent.each([
    ['both', 8001],
    ['yml', 8003],
    ['old', 8004],
    ['older', 8005],
  ])('is looked for under four names, in the order of Compose: %s', async (name, port) => {
    expect(await planned([], { folder: `${folder}/${name}` })).toEqual({ project: name, ports: [port] })
  })

  test('that is not there is an error that names where was looked', async () => {
    const error = await planned([], { folder: `${folder}/none` })
    expect(error.code).toBe('INVALID_REQUEST')
    expect(error.message).toMatch(
      /compose\.yaml, compose\.yml, docker-compose\.yaml, docker-compose\.yml in .*none/,
    )
  })

  test('is standard input when it is called -', async () => {
    const found = await planned(['-f', '-'], { folder: `${folder}/none`, input: service('8888') })
    expect(found).toEqual({ project: 'none', ports: [8888] })
  })

  test('may be several, merged in order', async () => {
    const found = await planned(['-f', 'shop/compose.yaml', '--file', 'shop/override.yaml'])
    expect(found).toEqual({ project: 'named', ports: [8080, 9090] })
  })
})

test('the project is -p, else the name in the file, else the folder of the first file', async () => {
  expect(await planned(['-f', 'shop/compose.yaml', '-p', 'mine'])).toMatchObject({ project: 'mine' })
  expect(await planned(['-f', 'shop/compose.yaml'])).toMatchObject({ project: 'named' })
  expect(await planned(['-f', 'shop/override.yaml'])).toMatchObject({ project: 'shop' })
})

test('a variable comes from the environment, else from .env beside the file, else from its default', async () => {
  const words = ['-f', 'variables/compose.yaml']
  expect(await planned(words, { environment: { PORT: '3333' } })).toMatchObject({ ports: [3333] })
  expect(await planned(words)).toMatchObject({ ports: [2222] })
  const elsewhere = { folder: `${folder}/none`, input: service(`\${PORT:-1111}`) }
  expect(await planned(['-f', '-'], elsewhere)).toMatchObject({ ports: [1111] })
})

test('services of a profile count only when it is asked for, by option or COMPOSE_PROFILES', async () => {
  const words = ['-f', 'profiles/compose.yaml']
  expect(await planned(words)).toMatchObject({ ports: [80] })
  expect(await planned([...words, '--profile', 'debug'])).toMatchObject({ ports: [80, 9229] })
  expect(await planned(words, { environment: { COMPOSE_PROFILES: 'x,debug' } })).toMatchObject({
    ports: [80, 9229],
  })
})
