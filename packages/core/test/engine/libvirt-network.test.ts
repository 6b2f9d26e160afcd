import { describe, expect, test } from '@jest/globals'
import { parseLibvirtNetwork } from '../../src/engine/libvirt-network.ts'

const file = '/etc/libvirt/qemu/networks/default.xml'
const inNetwork = (inner: string) => parseLibvirtNetwork(`<network>${inner}</network>`, file)

describe('parseLibvirtNetwork', () => {
  test('the default network as libvirt writes it, with its warning', () => {
    const text = `<!--
WARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE
OVERWRITTEN AND LOST. Changes to this xml configuration should be made using:
  virsh net-edit default
or other application using the libvirt API, not <ip address='10.0.0.1'/>.
-->

<network>
  <name>default</name>
  <uuid>b849191e-a2ff-4001-ae0c-39c2f36fa851</uuid>
  <forward mode='nat'>
    <nat><port start='1024' end='65535'/></nat>
  </forward>
  <bridge name='virbr0' stp='on' delay='0'/>
  <mac address='52:54:00:c7:53:6c'/>
  <dns><host ip='192.168.122.2'><hostname>myhost</hostname></host></dns>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.122.2' end='192.168.122.254'/>
      <host mac='52:54:00:a5:d8:30' ip='192.168.122.6'/>
    </dhcp>
  </ip>
  <ip family='ipv6' address='2001:db8:ca2:2::1' prefix='64'/>
</network>
`
    expect(parseLibvirtNetwork(text, file)).toEqual({
      networks: [
        {
          engine: 'libvirt',
          name: 'default',
          subnets: ['192.168.122.0/24', '2001:db8:ca2:2::/64'],
          bridge: 'virbr0',
          gateways: ['192.168.122.1', '2001:db8:ca2:2::1'],
          ranges: ['192.168.122.2-192.168.122.254'],
          used: [{ address: '192.168.122.6' }],
          file,
        },
      ],
      pools: [],
      complaints: [],
    })
  })
  test.each([
    ["<ip address='192.168.122.1' netmask='255.255.255.192'/>", ['192.168.122.0/26']],
    ["<ip address='10.20.30.1' prefix='20'/>", ['10.20.16.0/20']],
    ["<ip address='10.20.30.1'/>", ['10.0.0.0/8']],
    ["<ip address='172.20.30.1'/>", ['172.20.0.0/16']],
    ["<ip address='192.168.7.1'/>", ['192.168.7.0/24']],
    ["<ip address='fd00:7::1' family='ipv6'/>", ['fd00:7::/64']],
    [
      "<ip address='10.1.0.1' prefix='24'/><route family='ipv4' address='10.9.0.0' prefix='16' gateway='10.1.0.9'/>",
      ['10.1.0.0/24', '10.9.0.0/16'],
    ],
  ])('%s is %j', (inner, subnets) => {
    expect(inNetwork(inner).networks[0]?.subnets).toEqual(subnets)
  })
  test('the status file of a running network holds its definition', () => {
    const text = `<networkstatus><class_id bitmap='0-2'/><network><name>isolated</name><ip address="10.3.0.1" prefix="24"/></network></networkstatus>`
    expect(parseLibvirtNetwork(text, file).networks[0]).toMatchObject({
      name: 'isolated',
      subnets: ['10.3.0.0/24'],
    })
  })
  test('a network on a bridge of the host has no subnet of its own', () => {
    expect(inNetwork('<name>lan</name><forward mode="bridge"/><bridge name="br0"/>')).toEqual({
      networks: [{ engine: 'libvirt', name: 'lan', subnets: [], bridge: 'br0', file }],
      pools: [],
      complaints: [],
    })
    expect(inNetwork('<forward mode="bridge"/>').networks).toEqual([])
  })
  test.each([
    ['<network><name>x</network>', /default\.xml could not be understood: line 1: unexpected close tag/],
    ['', /must contain a root element/],
    ['<domain><name>vm</name></domain>', /expected <network>, found <domain>/],
    ["<network><ip address='10.0.0.1' netmask='255.0.255.0'/></network>", /<ip>: expected a subnet/],
    ["<network><ip address='nowhere' prefix='24'/></network>", /<ip>: expected a subnet/],
    ['<network><ip/></network>', /<ip>: expected a subnet/],
  ])('%s is complained of', (text, complaint) => {
    const { networks, complaints } = parseLibvirtNetwork(text, file)
    expect(networks).toEqual([])
    expect(complaints).toEqual([expect.stringMatching(complaint)])
  })
})
