// Icons, drawn for the page on a grid of 24 with a line of 1.75. All are decoration: the button that holds one has a name.

import type { ComponentChildren } from "preact";

const Icon = ({ children }: { children: ComponentChildren }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {children}
  </svg>
);

const speaker = <path d="M4 9.5v5h3.2L12 18.5v-13L7.2 9.5z" />;

export const Sound = ({ loud }: { loud: boolean }) => (
  <Icon>
    {speaker}
    <path d="M15.2 9.2a4 4 0 0 1 0 5.6" />
    {loud && <path d="M17.8 6.6a7.6 7.6 0 0 1 0 10.8" />}
  </Icon>
);

export const Silence = () => (
  <Icon>
    {speaker}
    <path d="m15.5 9.8 4.4 4.4m0-4.4-4.4 4.4" />
  </Icon>
);

export const Float = () => (
  <Icon>
    <path d="M20 11V7a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v8.500a2 2 0 0 0 2 2h4" />
    <rect x="13" y="13.5" width="8" height="6" rx="1.3" class="solid" />
  </Icon>
);

export const Fill = ({ on }: { on: boolean }) => (
  <Icon>
    {on ? <path d="M9 4.500V9H4.500M15 4.500V9h4.500M9 19.500V15H4.500M15 19.500V15h4.5" /> : <path d="M4.5 9V4.500H9M15 4.500h4.500V9M4.5 15v4.500H9M15 19.500h4.500V15" />}
  </Icon>
);

export const Signal = () => (
  <Icon>
    <path d="M5 19v-4M10 19v-7M15 19V9M20 19V5" />
  </Icon>
);

export const Eye = () => (
  <Icon>
    <path d="M2.8 12S6 5.8 12 5.8 21.2 12 21.2 12 18 18.2 12 18.2 2.8 12 2.8 12z" />
    <circle cx="12" cy="12" r="2.8" />
  </Icon>
);

export const Play = () => (
  <Icon>
    <path d="M8 5.500v13l10.5-6.500z" class="solid" />
  </Icon>
);

export const Close = () => (
  <Icon>
    <path d="m6.5 6.5 11 11m0-11-11 11" />
  </Icon>
);

/** The mark: a shop window beneath its awning, and in it a show to play. The same as icon.svg. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="8" />
    <path d="M6 6.500h20V12a2.5 2.5 0 0 1-5 0 2.5 2.5 0 0 1-5 0 2.5 2.5 0 0 1-5 0 2.5 2.5 0 0 1-5 0zM13 18.200v6.600l6.2-3.300z" />
  </svg>
);
