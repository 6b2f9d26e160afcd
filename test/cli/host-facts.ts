/** A host that forwards already and where nothing is in the way. A file for `--host`. */
export const quietHost = JSON.stringify({
  interfaces: [
    { name: 'lo', index: 1, up: true, addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', index: 2, up: true, addresses: ['192.0.2.2/24'] },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' },
})

/** A host with a VPN in its own routing table, a resolver in Amazon's range, and a web server. */
export const busyHost = JSON.stringify({
  interfaces: [{ name: 'eth0', index: 2, up: true, addresses: ['192.0.2.2/24', '10.1.2.3/16'] }],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '10.0.0.0/16', interface: 'wg0', table: 51820 },
  ],
  nameservers: ['172.17.0.23'],
  sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'nginx' }],
  sysctls: { 'net.ipv4.ip_forward': '0' },
  networks: [{ engine: 'podman', name: 'podman', subnets: ['10.42.0.0/16'] }],
})

/** One service with one published port. */
export const oneService = 'name: shop\nservices:\n  web:\n    ports: ["8080:80"]\n'
