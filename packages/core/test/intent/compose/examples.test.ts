// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose look like this.
import { describe, expect, test } from '@jest/globals'
import { parseDotenv } from '@portolan/core'
import { mappings, read } from './read.ts'

/** Real files, with all the keys that Portolan ignores. */
describe('files as people write them', () => {
  test('WordPress behind its own database: no networks at all', () => {
    const text = `
version: '3.3'

services:
  db:
    image: mysql:5.7
    volumes:
      - db_data:/var/lib/mysql
    restart: always
    environment:
      MYSQL_ROOT_PASSWORD: \${DB_ROOT:?never asked}
      MYSQL_DATABASE: wordpress

  wordpress:
    depends_on:
      - db
    image: wordpress:latest
    ports:
      - "\${WP_PORT:-8000}:80"
    restart: always

volumes:
  db_data: {}
`
    const intent = read(text, { dotenv: parseDotenv('# site\nWP_PORT=8088\n') })
    expect(intent.networks.map(({ name }) => name)).toEqual(['default'])
    expect(intent.endpoints.map(({ service }) => service)).toEqual(['db', 'wordpress'])
    expect(intent.notes).toEqual([])
    expect(mappings(text)).toEqual(['wordpress#1 default 8000:80'])
    expect(mappings(text, { dotenv: { WP_PORT: '8088' } })).toEqual(['wordpress#1 default 8088:80'])
  })

  test('Traefik before two applications: an external network, an internal one, and a database that is not published', () => {
    const text = `
name: edge
x-app: &app
  restart: unless-stopped
  networks: [proxy, data]
  deploy:
    resources: {limits: {memory: 256M}}

services:
  traefik:
    image: traefik:v3.1
    command:
      - --providers.docker=true
      - --entrypoints.web.address=:80
    ports:
      - 80:80
      - target: 443
        published: "443"
        protocol: tcp
      - target: 443
        published: "443"
        protocol: udp
      - "127.0.0.1:8080:8080"
    networks:
      proxy:
        ipv4_address: 172.30.0.2
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock:ro
  blog:
    <<: *app
    image: ghost:5
    expose: ["2368"]
  wiki:
    <<: *app
    image: wiki:2
    scale: 2
    expose: [3000]
  db:
    image: postgres:16
    networks: [data]

networks:
  proxy:
    external: true
    name: traefik_proxy
  data:
    internal: true
    driver: bridge
    ipam:
      driver: default
      config:
        - subnet: 172.31.7.0/24
`
    const intent = read(text, { project: undefined })
    expect(intent.project).toBe('edge')
    expect(mappings(text)).toEqual([
      'traefik#1 proxy 80:80',
      'traefik#1 proxy 443:443',
      'traefik#1 proxy 443:443/udp',
      'traefik#1 proxy 127.0.0.1:8080:8080',
    ])
    expect(intent.networks).toMatchObject([
      { name: 'proxy', external: true, externalName: 'traefik_proxy' },
      { name: 'data', internal: true, ip: { subnet: '172.31.7.0/24', gateway: null, mode: 'nat' } },
    ])
    expect(
      intent.endpoints.map(({ service, replica, network }) => `${service}${replica}@${network}`),
    ).toEqual([
      'traefik1@proxy',
      'blog1@proxy',
      'blog1@data',
      'wiki1@proxy',
      'wiki1@data',
      'wiki2@proxy',
      'wiki2@data',
      'db1@data',
    ])
    expect(intent.endpoints[0]).toMatchObject({ ip: '172.30.0.2' })
  })

  test('Pi-hole: DNS on both protocols, dual stack, the web page for the LAN only', () => {
    const text = `
services:
  pihole:
    container_name: pihole
    image: pihole/pihole:latest
    hostname: pihole
    ports:
      - "53:53/tcp"
      - "53:53/udp"
      - "67:67/udp"
      - target: 80
        published: \${WEB_PORT-8081}
        x-portolan:
          allow_from: [192.168.0.0/16, "fd00::/8"]
          interface: eth0
    cap_add: [NET_ADMIN]
    networks:
      dns:
        ipv4_address: 10.53.0.53
        ipv6_address: fd53::53
    dns: [127.0.0.1, 1.1.1.1]
  exporter:
    image: pihole-exporter
    profiles: [metrics]
    network_mode: service:pihole

networks:
  dns:
    enable_ipv6: true
    driver_opts:
      com.docker.network.bridge.name: br-dns
      com.docker.network.driver.mtu: "1400"
    ipam:
      config:
        - subnet: 10.53.0.0/24
          gateway: 10.53.0.1
        - subnet: fd53::/64
          gateway: fd53::1
`
    expect(mappings(text, { profiles: ['metrics'] })).toEqual([
      'pihole#1 dns 53:53',
      'pihole#1 dns 53:53/udp',
      'pihole#1 dns 67:67/udp',
      'pihole#1 dns 8081:80',
    ])
    const { networks, endpoints, mappings: all } = read(text)
    expect(networks).toMatchObject([
      { bridge: 'br-dns', mtu: 1400, ip6: { subnet: 'fd53::/64', gateway: 'fd53::1' } },
    ])
    expect(endpoints).toMatchObject([{ service: 'pihole', ip: '10.53.0.53', ip6: 'fd53::53' }])
    expect(all.at(-1)).toMatchObject({ allowFrom: ['192.168.0.0/16', 'fd00::/8'], interface: 'eth0' })
  })

  test('a monitoring stack: a host-mode exporter, routed and isolated networks, several instances in a range', () => {
    const text = `
x-logging: &logging
  driver: json-file
  options: {max-size: "10m"}
services:
  node-exporter:
    image: prom/node-exporter
    network_mode: host
    pid: host
    logging: *logging
  prometheus:
    image: prom/prometheus
    ports: ["127.0.0.1:9090:9090"]
    networks: {lan: {gw_priority: 1}, monitoring: }
    logging: *logging
  alertmanager:
    image: prom/alertmanager
    networks: [monitoring]
    expose: ["9093"]
  probe:
    image: blackbox
    deploy: {mode: replicated, replicas: 3}
    networks: [lan]
    ports: ["9115-9117:9115"]
  grafana:
    image: grafana/grafana
    networks: [monitoring, lan, vault]
    ports:
      - 3000
networks:
  lan:
    x-portolan: {pool: ["10.64.0.0/16:24", classic]}
  monitoring:
    driver_opts:
      com.docker.network.bridge.gateway_mode_ipv4: routed
      com.docker.network.bridge.enable_icc: "false"
  vault:
    internal: true
    driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: isolated}
`
    expect(mappings(text)).toEqual([
      'prometheus#1 lan 127.0.0.1:9090:9090',
      'probe#1 lan 9115:9115',
      'probe#2 lan 9116:9115',
      'probe#3 lan 9117:9115',
      'grafana#1 lan 3000',
    ])
    expect(read(text).networks).toMatchObject([
      { name: 'lan', pools: ['10.64.0.0/16:24', 'classic'] },
      { name: 'monitoring', icc: false, ip: { mode: 'routed' } },
      { name: 'vault', internal: true, ip: { mode: 'isolated' } },
    ])
  })
})
