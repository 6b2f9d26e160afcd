import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { join, resolve } from 'node:path'
import { expect, test } from '@jest/globals'
import { oneService } from './host-facts.ts'
import { installCommand } from './installed-command.ts'
import { run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const packages = resolve(import.meta.dirname, '../../packages')
const bundle = join(packages, 'etcd/dist/bundle')
const clientFile: string = createRequire(import.meta.url)(join(bundle, 'client-file.cjs'))

test('what talks to etcd is one file that loads modules of Node alone', () => {
  const text = readFileSync(clientFile, 'utf8')
  const loaded = [...text.matchAll(/(?<![\w$.])(?:require(?:\.resolve)?|import)\("([^"]+)"\)/g)]
  expect(loaded.map(([, name = '']) => name).filter((name) => !isBuiltin(name))).toEqual([])
  expect(Buffer.from(text, 'utf8').every((byte) => byte < 0x80)).toBe(true)
  const licences = readFileSync(join(bundle, 'LICENSES.txt'), 'utf8')
  for (const library of ['etcd3', '@grpc/grpc-js', 'protobufjs'])
    expect(licences).toMatch(new RegExp(`^${library} \\d\\S* \\(`, 'm'))
})

const folder = temporaryFolder({
  'compose.yaml': `${oneService}networks: { default: { ipam: { config: [{ subnet: 10.99.0.0/24 }] } } }\n`,
  'state/.keep': '',
})
const adapter = join(folder, 'node_modules/@portolan/etcd')
const nowhere = ['--cluster', 'etcd://127.0.0.1:1/prod', '--state', 'state']
const compiled = join(adapter, 'dist/compiled')

test('the command talks to etcd where none of its libraries is installed, and keeps what V8 compiled of it', async () => {
  const installed = installCommand(folder)
  for (const part of ['package.json', 'dist/index.js', 'dist/bundle'])
    cpSync(join(packages, 'etcd', part), join(adapter, part), { recursive: true })
  const asked = (words: readonly string[]) =>
    run([process.execPath, join(installed, 'bin/portolan.js'), ...words, ...nowhere], { folder })
  const failed = await asked(['cluster', 'status'])
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(/127\.0\.0\.1:1/) })
  // A command that failed has run little of the code, so nothing is kept.
  expect(existsSync(compiled)).toBe(false)
  const planned = await asked(['plan'])
  expect(planned.code).not.toBe(1)
  expect(planned.stdout).toMatch(/127\.0\.0\.1:1/)
  expect(readdirSync(compiled)).toEqual([expect.stringMatching(/^client-\w+\.requests\.\d/)])
})
