import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const packageFolder = fileURLToPath(new URL('../../packages/portolan/', import.meta.url))
const folder = temporaryFolder({})

test('where the package for etcd is not installed, a cluster asks for it, and says how to install it', async () => {
  for (const part of ['package.json', 'bin', 'dist/bundle'])
    cpSync(join(packageFolder, part), join(folder, 'portolan', part), { recursive: true })
  const program = join(folder, 'portolan/bin/portolan.js')
  const words = ['cluster', 'status', '--cluster', 'etcd://127.0.0.1:1/prod']
  const { code, stdout, stderr } = await run([process.execPath, program, ...words], { folder })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(
    /the package that talks to etcd is missing or incomplete.*npm install @portolan\/etcd@\d+\.\d+\.\d+/,
  )
})
