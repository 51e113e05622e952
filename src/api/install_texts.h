/* install_texts.h - the YAML of the parts of an installation.  Private to api. */
#pragma once

extern const char install_namespace[], install_rbac[], install_secret[], install_location[], install_policy[];
extern const char install_service[], install_deployment[];
