import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { isSameNamespace, type NamespaceKey, namespaceKey } from '../../src/state/namespace-key.ts'

const key: NamespaceKey = { namespace: '4026532249', bootId: 'a', routeSocket: '487128' }

describe('the key of a network namespace', () => {
  test('is the same each time, and names the kernel’s own socket of rtnetlink', () => {
    const first = namespaceKey()
    expect(namespaceKey()).toEqual(first)
    expect(first.namespace).toMatch(/^\d+$/)
    expect(readFileSync('/proc/net/netlink', 'utf8')).toMatch(
      new RegExp(`^\\S+\\s+0\\s+0\\s.*\\s${first.routeSocket}\\s*$`, 'm'),
    )
  })

  test.each<[string, Partial<NamespaceKey>, boolean | 'unknown']>([
    ['itself', {}, true],
    ['one of another inode', { namespace: '1' }, false],
    ['one of another boot', { bootId: 'b' }, false],
    ['a later one that got its inode', { routeSocket: '487143' }, false],
    ['one of which the socket was not seen', { routeSocket: null }, 'unknown'],
    ['one of another boot of which the socket was not seen', { bootId: 'b', routeSocket: null }, false],
  ])('compared with that of %s', (_whose, other, expected) => {
    expect(isSameNamespace(key, { ...key, ...other })).toBe(expected)
    expect(isSameNamespace({ ...key, ...other }, key)).toBe(expected)
  })

  test('has a socket that no other of a hundred namespaces has, though their inodes come again', () => {
    // An ordinary user may make one inside a user namespace of their own.
    const ownUser = process.getuid?.() === 0 ? '' : '--user --map-root-user'
    const script = `for i in $(seq 100); do
      unshare ${ownUser} --net awk '$2 == 0 && $3 == 0 { print $10 }' /proc/self/net/netlink
    done`
    const sockets = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n')
    expect(sockets).toHaveLength(100)
    expect(new Set(sockets).size).toBe(100)
  })
})
