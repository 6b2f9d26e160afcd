import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { bundleRecord } from '../../script/bundle-record.js'

const root = mkdtempSync(join(tmpdir(), 'portolan-bundle-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

const original = {
  'pnpm-lock.yaml': 'libraries',
  'package.json': '{}',
  'tsconfig.base.json': '{}',
  'script/bundle.js': 'bundle()',
  'packages/one/package.json': '{}',
  'packages/one/src/plan/plan.ts': 'export const plan = 1',
  'packages/one/dist/index.js': 'const plan = 1',
}
for (const [path, text] of Object.entries(original)) write(path, text)

const record = bundleRecord(root)
const isBundled = async (): Promise<boolean> => record.isBundled(await record.digestSources())

test('sources are bundled once they have been, and until one of them or of what was made changes', async () => {
  expect(await isBundled()).toBe(false)
  await record.keep(await record.digestSources())
  for (const [path, text] of Object.entries(original)) {
    write(path, `${text} `)
    expect({ path, isBundled: await isBundled() }).toEqual({ path, isBundled: false })
    write(path, text)
    expect(await isBundled()).toBe(true)
  }
})

test('a file that is new, or gone, asks for a bundle', async () => {
  write('packages/one/src/plan/new.ts', '')
  expect(await isBundled()).toBe(false)
  rmSync(join(root, 'packages/one/src/plan/new.ts'))
  expect(await isBundled()).toBe(true)
  rmSync(join(root, 'packages/one/dist/index.js'))
  expect(await isBundled()).toBe(false)
  write('packages/one/dist/index.js', original['packages/one/dist/index.js'])
})

test('declarations, and what V8 compiled, are not of the bundle', async () => {
  write('packages/one/dist/plan/plan.d.ts', 'export declare const plan: 1')
  write('packages/one/dist/compiled/commands.help', 'bytes')
  expect(await isBundled()).toBe(true)
})
