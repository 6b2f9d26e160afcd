import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const user = 65534 - 1
const asUser =
  process.geteuid?.() === 0 ? ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : []

describe('the root of a user namespace, an ordinary user of the machine', () => {
  const folder = temporaryFolder({})
  const destroy = async (directory: string): Promise<string> => {
    const { stderr } = await portolan(['destroy', '-p', 'shop', '--yes', '--state', directory], {
      folder,
      // First the user namespace, then the network namespace. When both are made at once, the user namespace has no id
      // map yet. The kernel then shows the names of legacy tables to the machine's root only, and destroy removes
      // nothing that it cannot see.
      under: [...asUser, 'unshare', '--user', '--map-root-user', '--', 'unshare', '--net', '--'],
    })
    return stderr
  }

  test('may use a directory of its own, though those above belong to users without a number there', async () => {
    const own = join(folder, 'own')
    mkdirSync(own)
    if (asUser.length > 0) {
      // The user owns the folder, and root owns its parent, as for a home.
      chownSync(folder, user, user)
      chownSync(own, user, user)
    }
    expect(await destroy(own)).toContain('project shop has nothing on this host')
  })

  test('may not use one of another user', async () => {
    expect(await destroy('/var/lib')).toContain(
      'The state directory /var/lib is not safe to use as root: /var/lib belongs to the user with number 65534.',
    )
  })
})
