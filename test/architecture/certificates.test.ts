import { spawnSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { settleCertificates, withCertificates } from '../certificates.js'

const file = '/etc/ssl/some.pem'

const settled = (environment: Record<string, string>): Record<string, string | undefined> => {
  settleCertificates(environment)
  return environment
}

describe('certificates that the environment names', () => {
  test('are read by no program that a suite starts', () => {
    const { stdout } = spawnSync('sh', ['-c', 'echo "<$NODE_EXTRA_CA_CERTS>"'], { encoding: 'utf8' })
    expect(stdout).toBe('<>\n')
    expect(settled({ NODE_EXTRA_CA_CERTS: file, HOME: '/root' })).not.toHaveProperty('NODE_EXTRA_CA_CERTS')
  })

  test('are there for one that may ask the registry of packages', () => {
    const before = { NODE_EXTRA_CA_CERTS: file, HOME: '/root' }
    expect(withCertificates(settled({ ...before }))).toEqual(before)
    expect(withCertificates(settled({ HOME: '/root' }))).toEqual({ HOME: '/root' })
  })

  test('are kept where a run inside a run finds none', () => {
    const inside = settled(settled({ NODE_EXTRA_CA_CERTS: file }) as Record<string, string>)
    expect(withCertificates(inside)).toEqual({ NODE_EXTRA_CA_CERTS: file })
  })
})
