import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, resolve } from 'node:path'
import { expect, test } from '@jest/globals'
import { busyHost, oneService } from './host-facts.ts'
import { portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const root = resolve(import.meta.dirname, '../../packages/portolan')
const bundle = join(root, 'dist/bundle')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>
}
const files = readdirSync(bundle)
/** In the order of their names; script/bundle-options.js says why they are not in the bundle. */
const natives = ['@bomb.sh/tab', 'lmdb', 'netlink']
const folder = temporaryFolder({ 'compose.yaml': oneService, 'host.json': busyHost })

test('the bundle imports only its own files, modules of Node, and the libraries that cannot be in it', () => {
  const imported = files
    .filter((file) => file.endsWith('.js'))
    .flatMap((file) => [
      ...readFileSync(join(bundle, file), 'utf8').matchAll(
        /^(?:import|export)\b(?:[^'"`;]*?\bfrom)? ?["']([^"']+)["']|\bimport\(["']([^"']+)["']\)/gm,
      ),
    ])
    .map(([, byFrom, byCall]) => byFrom ?? byCall ?? '')
  const elsewhere = new Set(imported.filter((name) => !name.startsWith('./') && !isBuiltin(name)))
  expect([...elsewhere].sort()).toEqual(natives)
  expect(imported.filter((name) => name.startsWith('./') && !files.includes(name.slice(2)))).toEqual([])
  expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining(natives))
})

test('the bundle comes with the licences of the libraries in it', () => {
  const licences = readFileSync(join(bundle, 'LICENSES.txt'), 'utf8')
  for (const library of ['execa', 'yaml', 'cross-spawn'])
    expect(licences).toMatch(new RegExp(`^${library} \\d\\S* \\((MIT|ISC)\\)$`, 'm'))
})

test('the command answers alike where nothing but its package and those libraries is installed', async () => {
  const installed = join(folder, 'node_modules/portolan')
  for (const part of ['package.json', 'bin', 'dist/bundle'])
    cpSync(join(root, part), join(installed, part), { recursive: true })
  mkdirSync(join(folder, 'node_modules/@bomb.sh'), { recursive: true })
  for (const library of natives)
    symlinkSync(join(root, 'node_modules', library), join(folder, 'node_modules', library))
  const words = ['plan', '--json', '--host', 'host.json', '--state', 'state']
  const there = await run([process.execPath, '--', join(installed, 'bin/portolan.js'), ...words], { folder })
  expect(there).toEqual(await portolan(words, { folder }))
  expect(JSON.parse(there.stdout)).toMatchObject({ summary: { add: expect.any(Number) } })
})
