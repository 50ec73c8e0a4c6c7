import type { FastifyReply } from 'fastify';
import type { ComponentChildren, VNode } from 'preact';
import { render } from 'preact-render-to-string';
import type { Language } from '../../i18n/catalogue';
import { assets } from './assets';

interface LayoutProps {
  language: Language;
  title: string;
  children: ComponentChildren;
}

/** The frame of every page. Everything between the tags is escaped by the renderer; nothing here is raw markup. */
export function Layout({ language, title, children }: LayoutProps): VNode {
  return (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex, nofollow" />
        <title>{`${title} · Volante`}</title>
        <link rel="icon" type={assets.icon.type} href={assets.icon.path} />
        <link rel="stylesheet" href={assets.styleSheet.path} />
      </head>
      <body>
        <main>
          <p class="brand">
            <img src={assets.icon.path} alt="" width="24" height="24" />
            Volante
          </p>
          {children}
        </main>
      </body>
    </html>
  );
}

export function sendPage(reply: FastifyReply, status: number, page: VNode): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>${render(page)}`);
}
