import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { packageEntries } from '../../script/package-entries.js'
import { withCertificates } from '../certificates.js'
import { emptyFolder } from './packed.ts'

const script = fileURLToPath(new URL('../../script/reference/reference.js', import.meta.url))
const folder = emptyFolder()

test('the reference is made without a warning, with a page for each entry', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder], {
    encoding: 'utf8',
    env: { ...withCertificates(process.env), NODE_OPTIONS: '' },
  })
  expect({ status, told: stdout + stderr }).toEqual({ status: 0, told: '' })
  const missing = packageEntries
    .map(({ specifier }) => join('modules', `${specifier.replace(/[@/]/g, '_')}.html`))
    .filter((page) => !existsSync(join(folder, page)))
  expect(missing).toEqual([])
  expect(existsSync(join(folder, 'functions/portolan.plan.html'))).toBe(true)
})
