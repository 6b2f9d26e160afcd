import { describe, expect, test } from '@jest/globals'
import { withOwnOptions } from '../../src/command/options/with-own-options.ts'

describe('a command of Portolan in a remedy', () => {
  test.each<[string, Parameters<typeof withOwnOptions>[0], string, string]>([
    ['is as it was without options', {}, 'portolan move web', 'portolan move web'],
    [
      'is about the same project, backend and state',
      { file: ['a.yaml', 'two words.yaml'], project: 'shop', backend: 'iptables-nft', state: '/var/x' },
      'portolan apply --guard-forwarding',
      "portolan apply -f a.yaml -f 'two words.yaml' --project shop --backend iptables-nft --state /var/x --guard-forwarding",
    ],
    [
      'has its own words behind the options, since they may begin with a dash',
      { state: 'x' },
      'portolan move -- -x',
      'portolan move --state x -- -x',
    ],
    [
      'has no option twice',
      { 'guard-forwarding': true, 'no-sysctl': true },
      'portolan apply --guard-forwarding',
      'portolan apply --no-sysctl --guard-forwarding',
    ],
    [
      'is about the same cluster behind its verb, on any host',
      { cluster: 'etcd://192.0.2.1/prod', state: '/var/x', file: ['a.yaml'] },
      'portolan cluster join --address ADDRESS',
      'portolan cluster join --address ADDRESS --cluster etcd://192.0.2.1/prod',
    ],
    [
      'has a cluster that it names itself',
      { cluster: 'etcd://192.0.2.1/prod' },
      'portolan cluster release --cluster etcd://192.0.2.2/prod && portolan cluster join --member NAME --cluster etcd://192.0.2.2/prod',
      'portolan cluster release --cluster etcd://192.0.2.2/prod && portolan cluster join --member NAME --cluster etcd://192.0.2.2/prod',
    ],
    [
      'has none that it does not take',
      { file: ['a.yaml'], host: 'facts.json', pool: ['classic', '10.0.0.0/8:24'], json: true, yes: true },
      'portolan subnet',
      'portolan subnet --pool classic --pool 10.0.0.0/8:24',
    ],
    [
      'writes values that begin with a dash, and asks nothing where standard input is taken',
      { file: ['-x', '-'] },
      'portolan move web',
      'portolan move --file=-x -f - --yes web',
    ],
    [
      'is the watch of the key where that has the text: it applies it',
      { intent: 'etcd:///k2', project: 'note', state: '/var/x', check: true, once: true },
      'portolan apply --guard-forwarding',
      'portolan watch --intent etcd:///k2 --project note --state /var/x --guard-forwarding',
    ],
    [
      'moves a network of a key as one of a file',
      { intent: 'etcd:///k2', project: 'note' },
      'portolan move web',
      'portolan move --project note web',
    ],
    [
      'is as it was where an option cannot be copied',
      { file: ['a\u0007'] },
      'portolan move web',
      'portolan move web',
    ],
    [
      'is about another project where it names that: it gets what any project needs',
      { file: ['a.yaml'], project: 'shop', backend: 'nftables', cluster: 'etcd:///prod', state: '/s' },
      'portolan move -f FILE web',
      'portolan move --cluster etcd:///prod --state /s -f FILE web',
    ],
    [
      'ends a project in the state that it was made with',
      { file: ['a.yaml'], state: '/s' },
      'portolan destroy -p shop',
      'portolan destroy --state /s -p shop',
    ],
    ['is left alone where it is of another program', { state: 'x' }, 'ufw reload', 'ufw reload'],
    ['is left alone where it is not known', { state: 'x' }, 'portolanic move web', 'portolanic move web'],
  ])('%s', (_, options, command, expected) => {
    expect(withOwnOptions(options)(command)).toBe(expected)
  })
})
